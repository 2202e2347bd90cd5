package conformance

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

var documentCases = []testCase{
	{"documents/sample-keys", "sample.toml mentions every key that Info declares, commented out or not, and no other.", sampleKeys},
	{"documents/readme-sections", "README.md has the sections Name, Description, Configuration, Examples, Failures, Specifications.", readmeSections},
	{"documents/readme-toml", "Every TOML block of README.md loads.", readmeTOML},
}

func sampleKeys(t testing.TB, s *subject) {
	mentioned, err := keysOf(s.file(t, "sample.toml"))
	if err != nil {
		t.Fatalf("sample.toml: %v", err)
	}
	keys := s.new().Info().Keys
	for _, k := range keys {
		if !slices.ContainsFunc(mentioned, func(m string) bool { return m == k.Name || below(m, k.Name) }) {
			t.Errorf("sample.toml does not mention %s", k.Name)
		}
	}
	for _, m := range mentioned {
		declared := slices.ContainsFunc(keys, func(k plugin.Key) bool {
			return k.Name == m || below(k.Name, m) || below(m, k.Name) && strings.Contains(k.Type, "table")
		})
		if !declared {
			t.Errorf("sample.toml mentions %s, which Info does not declare", m)
		}
	}
}

// below reports whether key a is inside of table b: "link[].host" of "link".
func below(a, b string) bool { return strings.HasPrefix(a, b+".") || strings.HasPrefix(a, b+"[].") }

var (
	tableLine = regexp.MustCompile(`^\s*#?\s*\[\[?\s*([\w.-]+)\s*\]\]?\s*(#.*)?$`)
	keyLine   = regexp.MustCompile(`^\s*#?\s?([\w-]+(?:\.[\w-]+)*)\s*=`)
)

// keysOf returns the keys of a TOML text in the form of plugin.Key, those that are commented out among them.
func keysOf(text string) ([]string, error) {
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		return nil, err
	}
	keys := leaves("", tree, nil)
	table := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = m[1] + "."
			if strings.Contains(line, "[[") {
				table = m[1] + "[]."
			}
		} else if m := keyLine.FindStringSubmatch(line); m != nil && strings.HasPrefix(strings.TrimSpace(line), "#") {
			keys = append(keys, table+m[1])
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// leaves adds the keys below a value to keys.
func leaves(path string, v any, keys []string) []string {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			keys = leaves(strings.TrimPrefix(path+"."+k, "."), e, keys)
		}
		return keys
	case []map[string]any:
		for _, e := range v {
			keys = leaves(path+"[]", e, keys)
		}
		return keys
	case []any:
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				keys = leaves(path+"[]", m, keys)
			}
		}
	}
	return append(keys, path)
}

func readmeSections(t testing.TB, s *subject) {
	sections := sectionsOf(s.file(t, "README.md"))
	for _, name := range []string{"Name", "Description", "Configuration", "Examples", "Failures", "Specifications"} {
		switch body, ok := sections[strings.ToLower(name)]; {
		case !ok:
			t.Errorf("README.md has no section %s", name)
		case strings.TrimSpace(body) == "":
			t.Errorf("section %s of README.md is empty", name)
		}
	}
}

// sectionsOf returns what stands below each heading of a Markdown text, with what stands below its lower headings. Names are in
// lower case.
func sectionsOf(text string) map[string]string {
	sections := map[string]string{}
	var open []string // headings by level
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		title := strings.TrimLeft(line, "#")
		level := len(line) - len(title)
		if code || level == 0 || !strings.HasPrefix(title, " ") {
			for _, h := range open {
				sections[h] += line
			}
			continue
		}
		open = append(open[:min(level-1, len(open))], strings.ToLower(strings.TrimSpace(title)))
		sections[open[len(open)-1]] += ""
	}
	return sections
}

var tomlBlock = regexp.MustCompile("(?ms)^```toml\\s*\n(.*?)^```")

func readmeTOML(t testing.TB, s *subject) {
	i, c := s.new().Info(), s.serve(t)
	blocks := tomlBlock.FindAllStringSubmatch(s.file(t, "README.md"), -1)
	if len(blocks) == 0 {
		t.Error("README.md shows no configuration in a ```toml block")
	}
	for _, b := range blocks {
		configs, err := pluginSections(b[1], fmt.Sprintf("%s/%s", i.Kind, i.Name))
		if err != nil {
			t.Errorf("README.md: %v in\n%s", err, b[1])
		}
		for _, cfg := range configs {
			if err := c.Validate(t.Context(), configOf(cfg)); err != nil {
				t.Errorf("README.md: %v in\n%s", err, b[1])
			}
		}
	}
}

// pluginSections returns the configurations of the plugin in a text: that of each of its instances in a gateway's
// configuration, or else the text itself.
func pluginSections(text, use string) ([]string, error) {
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		return nil, err
	}
	instances, whole := doc["plugin"].(map[string]any)
	for _, k := range []string{"gateway", "listen", "initiator", "policy"} {
		_, there := doc[k]
		whole = whole || there
	}
	if !whole {
		return []string{text}, nil
	}
	var configs []string
	for _, v := range instances {
		in, _ := v.(map[string]any)
		if in["use"] != use {
			continue
		}
		section, _ := in["config"].(map[string]any)
		var b bytes.Buffer
		if err := toml.NewEncoder(&b).Encode(section); err != nil {
			return nil, err
		}
		configs = append(configs, b.String())
	}
	return configs, nil
}
