package server

import (
	"io"
	"net/http"
)

// refuse answers with an error and still reads the body, up to limit bytes. The
// server itself reads 256 KiB after the handler and closes if there is more.
func refuse(w http.ResponseWriter, r *http.Request, status int, limit int64) {
	_, _ = io.CopyN(io.Discard, r.Body, limit)
	http.Error(w, http.StatusText(status), status)
}
