package server

import (
	"net/http"
	"time"
)

func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              ":8080",
		Handler:           handler,
		IdleTimeout:       120 * time.Second, // above the clients' and the balancer's
		ReadHeaderTimeout: 10 * time.Second,  // ReadTimeout would be the idle timeout where IdleTimeout is 0
	}
}
