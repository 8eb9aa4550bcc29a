class KeepAliveSettings {
    /** Before the first request; also as -Dhttp.maxConnections=64 on the command line. */
    static void apply() {
        System.setProperty("http.keepAlive", "true");
        System.setProperty("http.maxConnections", "64"); // idle ones for each host; default 5
    }
}
