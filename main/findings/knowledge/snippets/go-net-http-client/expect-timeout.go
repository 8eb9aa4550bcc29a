package client

import (
	"net/http"
	"time"
)

// Without "Expect: 100-continue" the body follows at once. Where the server does
// answer it, keep the field and let the client wait long enough.
func uploadTransport(wait time.Duration) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ExpectContinueTimeout = wait // default 1 s; 0 sends the body at once
	return t
}
