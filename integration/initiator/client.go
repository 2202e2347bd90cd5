package initiator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A Client speaks PAP with a gateway.
type Client struct {
	URL                string
	Username, Password string
	http               http.Client
}

// NewClient returns a client of the PAP listener at url.
func NewClient(url, username, password string) *Client {
	return &Client{URL: url, Username: username, Password: password, http: http.Client{Timeout: 20 * time.Second}}
}

// An Answer is what the gateway said to a document.
type Answer struct {
	HTTP   int // status
	Header http.Header
	Body   string
	PAP    Document
}

// A Document is a PAP document from the gateway, as far as the tests look at it (OMA-TS-PAP §9).
type Document struct {
	XMLName  xml.Name `xml:"pap"`
	Response *struct {
		PushID string `xml:"push-id,attr"`
		Result Result `xml:"response-result"`
	} `xml:"push-response"`
	Bad    *Result `xml:"badmessage-response"`
	Status *struct {
		PushID  string         `xml:"push-id,attr"`
		Results []StatusResult `xml:"statusquery-result"`
	} `xml:"statusquery-response"`
	Notification *Notification `xml:"resultnotification-message"`
}

// A Result is a code with its text.
type Result struct {
	Code     string `xml:"code,attr"`
	Desc     string `xml:"desc,attr"`
	Fragment string `xml:"bad-message-fragment,attr"`
}

// A StatusResult is the state of the recipients named in it.
type StatusResult struct {
	Result
	State     string    `xml:"message-state,attr"`
	Addresses []Address `xml:"address"`
}

// An Address is one recipient.
type Address struct {
	Value string `xml:"address-value,attr"`
}

// Code returns the code of a push-response or badmessage-response, "" if the answer is neither.
func (a Answer) Code() string {
	switch {
	case a.PAP.Response != nil:
		return a.PAP.Response.Result.Code
	case a.PAP.Bad != nil:
		return a.PAP.Bad.Code
	}
	return ""
}

// Desc returns the text beside Code.
func (a Answer) Desc() string {
	switch {
	case a.PAP.Response != nil:
		return a.PAP.Response.Result.Desc
	case a.PAP.Bad != nil:
		return a.PAP.Bad.Desc
	}
	return ""
}

// Post sends a body as it is. An error is one of the connection; any HTTP status is an answer.
func (c *Client) Post(contentType string, body []byte) (Answer, error) {
	request, err := http.NewRequest(http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", contentType)
	if c.Username != "" {
		request.SetBasicAuth(c.Username, c.Password)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{HTTP: response.StatusCode, Header: response.Header, Body: string(text)}
	if strings.Contains(a.Body, "<pap") {
		if err := decode(text, &a.PAP); err != nil {
			return a, fmt.Errorf("answer of the gateway: %w:\n%s", err, text)
		}
	}
	return a, nil
}

// Status asks for the status of a push (OMA-TS-PAP §8.4) and returns the results for its recipients.
func (c *Client) Status(t testing.TB, pushID string) []StatusResult {
	t.Helper()
	a, err := c.Post("application/xml", []byte(Control(`<statusquery-message push-id="`+pushID+`"/>`)))
	if err != nil {
		t.Fatal(err)
	}
	if a.PAP.Status == nil || a.PAP.Status.PushID != pushID {
		t.Fatalf("no statusquery-response for %s: HTTP %d:\n%s", pushID, a.HTTP, a.Body)
	}
	return a.PAP.Status.Results
}

// decode is strict about XML, but takes the DOCTYPE as it comes.
func decode(text []byte, d *Document) error {
	return xml.NewDecoder(bytes.NewReader(text)).Decode(d)
}
