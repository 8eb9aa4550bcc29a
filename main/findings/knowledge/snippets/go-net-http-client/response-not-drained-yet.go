package client

import (
	"encoding/json"
	"net/http"
)

type page struct {
	Items []string `json:"items"`
}

func details(client *http.Client, base string) error {
	resp, err := client.Get(base + "/list")
	if err != nil {
		return err
	}
	var list page
	err = json.NewDecoder(resp.Body).Decode(&list)
	drainAndClose(resp) // before the requests below, so that they find this connection free
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		resp, err := client.Get(base + "/items/" + item)
		if err != nil {
			return err
		}
		drainAndClose(resp)
	}
	return nil
}
