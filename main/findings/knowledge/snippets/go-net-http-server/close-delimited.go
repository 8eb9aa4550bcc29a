package server

import (
	"net/http"
	"strconv"
)

// With a length the connection can be kept also for HTTP/1.0 clients; without
// one the server sends chunks to HTTP/1.1 clients by itself.
func serveBytes(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
