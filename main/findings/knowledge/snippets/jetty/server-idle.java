import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

class IdleJetty {
    static ServerConnector connector(Server server) {
        ServerConnector connector = new ServerConnector(server);
        connector.setPort(8080);
        connector.setIdleTimeout(75_000); // milliseconds; default 30 s
        return connector;
    }
}
