package wbxml

import (
	_ "embed"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/wbxml"
)

// Sample is the plugin's configuration with every key and its default.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	WBXMLVersion string `toml:"wbxml_version"`
}

// config is the configuration as it is used.
type config struct {
	version wbxml.Version
}

const defaultVersion = "1.2"

func keys() []plugin.Key {
	return []plugin.Key{{
		Name: "wbxml_version", Type: "string", Default: `"` + defaultVersion + `"`,
		Doc: `version of WBXML that documents are marked as: "1.1", "1.2" or "1.3"`,
	}}
}

func defaults() config { return config{version: wbxml.Version12} }

func parseConfig(c plugin.Config) (config, error) {
	f := file{WBXMLVersion: defaultVersion}
	problems := c.Decode(&f)
	parsed := defaults()
	switch strings.TrimSpace(f.WBXMLVersion) {
	case "1.1":
		parsed.version = wbxml.Version11
	case "1.2":
		parsed.version = wbxml.Version12
	case "1.3":
		parsed.version = wbxml.Version13
	default:
		problems.Addf("wbxml_version", `%q is none of "1.1", "1.2" and "1.3"`, f.WBXMLVersion)
	}
	return parsed, problems.Err()
}
