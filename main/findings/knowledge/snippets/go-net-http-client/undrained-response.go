package client

import (
	"io"
	"net/http"
)

// drainAndClose reads what is left of a response, up to 256 KiB, so that the
// connection can be used again. Needed up to Go 1.26; from 1.27 on Close reads
// as much by itself, but gives up after 50 ms.
func drainAndClose(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 256<<10)
	_ = resp.Body.Close()
}

func ping(client *http.Client, url string) (int, error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer drainAndClose(resp)
	return resp.StatusCode, nil
}
