package client

import (
	"net/http"
	"time"
)

// One client, and with it one Transport and one pool, for the whole program.
var shared = &http.Client{
	Timeout:   30 * time.Second,
	Transport: newTransport(),
}

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64           // default 2: the requests that run at once
	t.IdleConnTimeout = 50 * time.Second // default 90 s: below the server's
	return t
}
