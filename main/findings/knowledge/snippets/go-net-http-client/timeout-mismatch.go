package client

import (
	"net/http"
	"time"
)

// serverIdle is the idle timeout of the server, or of the balancer before it.
func transportFor(serverIdle time.Duration) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.IdleConnTimeout = serverIdle - 5*time.Second // default 90 s
	return t
}
