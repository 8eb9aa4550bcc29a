import { Agent, setGlobalDispatcher } from 'undici';

// Once, at the start of the program.
setGlobalDispatcher(
  new Agent({
    connections: 64, // for each origin; default no limit
    keepAliveTimeout: 30_000, // default 4 s; keep it below the server's timeout
  }),
);
