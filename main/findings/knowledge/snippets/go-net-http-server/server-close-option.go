package server

import "net/http"

func keepAlives(srv *http.Server) {
	srv.SetKeepAlivesEnabled(true) // false answers every request with Connection: close
}
