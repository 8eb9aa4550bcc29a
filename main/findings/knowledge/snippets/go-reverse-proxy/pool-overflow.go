package proxy

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

func newProxy(backend *url.URL, concurrency int) *httputil.ReverseProxy {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = concurrency  // default 2, far too few for a proxy
	t.MaxIdleConns = 4 * concurrency     // default 100
	t.IdleConnTimeout = 50 * time.Second // below the backend's idle timeout
	proxy := httputil.NewSingleHostReverseProxy(backend)
	proxy.Transport = t
	return proxy
}
