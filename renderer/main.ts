import './styles/tokens.css';
import './styles/base.css';
import './styles/forced-colors.css';
import { mountPage } from './mount.ts';
import { connect } from './rpc/connect.ts';

mountPage(connect());
