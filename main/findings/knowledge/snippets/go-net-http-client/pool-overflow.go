package client

import "net/http"

func pooledTransport(concurrency int) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = concurrency // default 2
	t.MaxIdleConns = 4 * concurrency    // default 100, all hosts together
	// To limit the connections as well, so that requests wait for a free one:
	t.MaxConnsPerHost = concurrency
	return t
}
