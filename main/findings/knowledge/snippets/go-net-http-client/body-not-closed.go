package client

import (
	"io"
	"net/http"
)

func statusOf(client *http.Client, url string) (int, error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	// Without Close the connection stays taken until the process ends, in every
	// release of Go, also when the status is an error and the body is empty.
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
