package registration

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// What tests got from listeners: answers, and fields of their bodies.
var (
	seenMu sync.Mutex
	seen   = make(map[string]bool)
)

// answerFields is what the document says of an answer.
type answerFields struct {
	contentType     string
	any             bool // of no fields in particular
	names, required []string
}

// schema is a part of OpenAPI's schema object, as far as the document uses it.
type schema struct {
	Ref                  string            `json:"$ref"`
	Type                 string            `json:"type"`
	Properties           map[string]schema `json:"properties"`
	Required             []string          `json:"required"`
	AdditionalProperties *bool             `json:"additionalProperties"`
}

type content map[string]struct {
	Schema schema `json:"schema"`
}

type response struct {
	Ref     string  `json:"$ref"`
	Content content `json:"content"`
}

type operationObject struct {
	OperationID string                `json:"operationId"`
	Security    []map[string][]string `json:"security"`
	Parameters  []struct {
		Name     string `json:"name"`
		In       string `json:"in"`
		Required bool   `json:"required"`
	} `json:"parameters"`
	RequestBody *struct {
		Content content `json:"content"`
	} `json:"requestBody"`
	Responses map[string]response `json:"responses"`
}

type openAPI struct {
	OpenAPI    string                                `json:"openapi"`
	Paths      map[string]map[string]operationObject `json:"paths"`
	Components struct {
		SecuritySchemes map[string]any      `json:"securitySchemes"`
		Responses       map[string]response `json:"responses"`
		Schemas         map[string]schema   `json:"schemas"`
	} `json:"components"`
}

var readDocument = sync.OnceValue(func() (d openAPI) {
	if err := json.Unmarshal(document, &d); err != nil {
		panic(err)
	}
	return d
})

func (d openAPI) schema(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

func (d openAPI) response(r response) response {
	if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
		return d.Components.Responses[name]
	}
	return r
}

// documented returns the answers that the document has, by "METHOD /path" and status.
var documented = sync.OnceValue(func() map[string]map[int]answerFields {
	d := readDocument()
	all := make(map[string]map[int]answerFields)
	for path, methods := range d.Paths {
		for method, o := range methods {
			statuses := make(map[int]answerFields)
			for status, r := range o.Responses {
				number, _ := strconv.Atoi(status)
				var f answerFields
				for contentType, c := range d.response(r).Content {
					s := d.schema(c.Schema)
					f = answerFields{contentType: contentType, names: slices.Collect(maps.Keys(s.Properties)), required: s.Required, any: s.Properties == nil}
				}
				statuses[number] = f
			}
			all[strings.ToUpper(method)+" "+path] = statuses
		}
	}
	return all
})

// unseen returns what the document has and no test got.
func unseen() []string {
	var missing []string
	for operation, statuses := range documented() {
		for status, f := range statuses {
			if strings.HasSuffix(operation, pathDocument) && status != http.StatusOK || status == http.StatusInternalServerError {
				continue // as of every other operation
			}
			if key := fmt.Sprint(operation, " ", status); !seen[key] {
				missing = append(missing, key)
			}
			for _, name := range f.names {
				if key := fmt.Sprint("field ", f.contentType, " ", name); !seen[key] && !slices.Contains(missing, key) {
					missing = append(missing, key)
				}
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// The document has the operations of the code with their names, and the fields that each takes, and no others.
func TestDocumentIsTheCode(t *testing.T) {
	d := readDocument()
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %s", d.OpenAPI)
	}
	h, err := New(Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a", Relays: []Relay{relayOptions(t)}})
	if err != nil {
		t.Fatal(err)
	}
	takes := map[string][]string{
		"register": registrationFields[:], "release": {"device"}, "show": {"device"}, "document": nil,
		"relay_register": relayFields[:], "relay_release": relayReleaseFields[:],
	}
	operations := 0
	for path, methods := range h.operations {
		for method, o := range methods {
			operations++
			described, ok := d.Paths[path][strings.ToLower(method)]
			if !ok || described.OperationID != o.name {
				t.Errorf("%s %s is %q in the document, %q in the code", method, path, described.OperationID, o.name)
			}
			var names []string
			for _, p := range described.Parameters {
				names = append(names, p.Name)
			}
			if body := described.RequestBody; body != nil {
				s := d.schema(body.Content["application/json"].Schema)
				names = slices.AppendSeq(names, maps.Keys(s.Properties))
				if s.AdditionalProperties == nil || *s.AdditionalProperties {
					t.Errorf("%s: the document allows other fields", o.name)
				}
			}
			want := slices.Sorted(slices.Values(takes[o.name]))
			if slices.Sort(names); !slices.Equal(names, want) {
				t.Errorf("%s takes %q in the document, %q in the code", o.name, names, want)
			}
			for _, s := range described.Security {
				for name := range s {
					if _, ok := d.Components.SecuritySchemes[name]; !ok {
						t.Errorf("%s: there is no security scheme %q", o.name, name)
					}
				}
			}
		}
	}
	in := 0
	for _, methods := range d.Paths {
		in += len(methods)
	}
	if in != operations {
		t.Errorf("%d operations in the document, %d in the code", in, operations)
	}
}

// Every reference of the document leads somewhere.
func TestDocumentReferences(t *testing.T) {
	var whole map[string]any
	if err := json.Unmarshal(document, &whole); err != nil {
		t.Fatal(err)
	}
	found := 0
	var follow func(any)
	follow = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				follow(e)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				found++
				var at any = whole
				for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
					at = at.(map[string]any)[name]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, e := range v {
				follow(e)
			}
		}
	}
	follow(whole)
	if found == 0 {
		t.Error("there are no references: this test looks for the wrong thing")
	}
}

func TestDocumentIsServed(t *testing.T) {
	l := listen(t, Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a"})
	r := l.ask(t, question{method: http.MethodGet, path: pathDocument})
	if r.status != http.StatusOK || r.body["openapi"] != readDocument().OpenAPI {
		t.Errorf("%d, %v", r.status, r.body["openapi"])
	}
}
