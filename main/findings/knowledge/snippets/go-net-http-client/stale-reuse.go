package client

import (
	"bytes"
	"net/http"
)

// newPost makes a POST that the Transport may send again when the server closed
// the connection under it: the body can be read twice (NewRequest sets GetBody
// for a bytes.Reader), and the key lets the server recognise the repeat.
func newPost(url, key string, body []byte) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Idempotency-Key", key)
	return req, nil
}
