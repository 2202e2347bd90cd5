package config

import (
	"slices"

	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// An Application is one [[application]]: a registered application identifier, which push initiators may push to. If none is
// registered, they may push to all.
type Application struct {
	// ID is the identifier by its one name (wsp.ApplicationURI): "x-wap-application:mms.ua" where the file says "mms.ua" or "4".
	ID string
	// Name and Description are the operator's words.
	Name, Description string
}

// applications reads [[application]].
func (r *reader) applications(ts []*table) []Application {
	var apps []Application
	for _, t := range ts {
		a := Application{Name: t.text("name", ""), Description: t.text("description", "")}
		if id := t.required("id"); id != "" {
			a.ID = t.application(t.path.with("id"), id)
		}
		if n := slices.IndexFunc(apps, func(o Application) bool { return a.ID != "" && o.ID == a.ID }); n >= 0 {
			t.bad("id", "", "%s is registered on line %d", a.ID, r.lines.of(ts[n].path.with("id")))
		}
		t.done()
		apps = append(apps, a)
	}
	return apps
}

// application gives an identifier its one name, "" if it is none.
func (t *table) application(at path, id string) string {
	uri, err := wsp.ApplicationURI(id)
	if err != nil {
		t.problem(at, "", "must be an application identifier like %q, its short name or its number: %v", "x-wap-application:mms.ua", err)
		return ""
	}
	return uri
}

// allowed reads the applications of an initiator. They have to be registered, if any is.
func (r *reader) allowed(t *table, registered []Application) []string {
	var ids []string
	for i, s := range t.texts("applications") {
		at := t.item("applications", i)
		id := ""
		if s != "" {
			id = t.application(at, s)
		}
		if id == "" {
			continue
		}
		if len(registered) > 0 && !slices.ContainsFunc(registered, func(a Application) bool { return a.ID == id }) {
			var known []string
			for _, a := range registered {
				known = append(known, a.ID)
			}
			t.problem(at, nearest(id, known), "is not registered: no [[application]] has the id %q", id)
		}
		ids = append(ids, id)
	}
	return ids
}
