package client

import (
	"io"
	"net/http"
)

// upload asks first: a server that refuses answers before the body is sent.
func upload(client *http.Client, url string, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodPut, url, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	req.Header.Set("Expect", "100-continue")
	return client.Do(req)
}
