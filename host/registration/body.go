package registration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"
)

// longestBody is how much a request may bring, in octets.
const longestBody = 4 << 10

// fields are what a request says, by name; all of them are text.
type fields map[string]string

// readBody reads the body of a request: a JSON object of text with no other names than those given.
func readBody(w http.ResponseWriter, req *http.Request, names []string) (fields, error) {
	if mediaType, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body must be application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, longestBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body may have %d octets", longestBody)
	case err != nil:
		return nil, &problem{status: http.StatusBadRequest, detail: "the body did not come", cause: err}
	}
	return parseBody(body, names)
}

// parseBody reads a JSON object of text. It is stricter than json.Unmarshal: a name that is unknown, in another case or there twice is
// refused, so that no two readers of one request see two requests.
func parseBody(body []byte, names []string) (fields, error) {
	if !utf8.Valid(body) {
		return nil, refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, refuse(http.StatusBadRequest, "the body is no JSON object")
	}
	said := fields{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is no JSON: %v", err)
		}
		name, _ := t.(string) // a name always is
		if !slices.Contains(names, name) {
			return nil, wrong(name, "%q is no field of this request", name)
		}
		if _, twice := said[name]; twice {
			return nil, wrong(name, "%q is there twice", name)
		}
		value, err := d.Token()
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is no JSON: %v", err)
		}
		text, ok := value.(string)
		if !ok {
			return nil, wrong(name, "%q must be text", name)
		}
		said[name] = text
	}
	if _, err := d.Token(); err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is no JSON: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(http.StatusBadRequest, "something follows the JSON object")
	}
	return said, nil
}

// readQuery reads the query of a request, as strictly as a body.
func readQuery(req *http.Request, names []string) (fields, error) {
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query: %v", err)
	}
	said := fields{}
	for name, values := range query {
		switch {
		case !slices.Contains(names, name):
			return nil, wrong(name, "%q is no parameter of this request", name)
		case len(values) > 1:
			return nil, wrong(name, "%q is there twice", name)
		case !utf8.ValidString(values[0]):
			return nil, wrong(name, "%q is not UTF-8", name)
		}
		said[name] = values[0]
	}
	return said, nil
}
