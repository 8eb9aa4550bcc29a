package client

import (
	"fmt"
	"io"
	"net/http"
)

// patchChunk sends a part of an upload to a container registry, which wants the
// offsets bare: "0-99" and not "bytes 0-99/200".
func patchChunk(client *http.Client, url string, part io.Reader, from, size int64) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodPatch, url, part)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("%d-%d", from, from+size-1))
	return client.Do(req)
}
