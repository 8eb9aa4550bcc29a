class KeepAliveTimeout {
    /** Before the first HttpClient; also as -Djdk.httpclient.keepalive.timeout=20. Default 30 s, 1200 s before Java 20. */
    static void apply() {
        System.setProperty("jdk.httpclient.keepalive.timeout", "20"); // seconds, below the server's
    }
}
