package config

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/BurntSushi/toml"
	"golang.org/x/crypto/bcrypt"
)

// Load reads a configuration file, and the files of passwords and certificates that it names. Its error is of type Problems
// unless the configuration file itself can not be read. With problems it still returns what it could read, so that Check can
// add what the plugins find and the operator sees everything at once; such a Config is good for nothing else. It returns nil
// where there is nothing to read, as after a syntax error.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err // it names the file
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	c, err := parse(path, filepath.Dir(abs), text)
	if c == nil {
		return nil, err
	}
	c.problems = append(c.problems, c.readPasswords()...)
	c.problems = append(c.problems, c.readTLS()...)
	c.problems = append(c.problems, c.readSecrets()...)
	return c, c.problems.err()
}

// Parse reads a configuration without opening any file; name is for problems, and relative paths start at its folder.
// PasswordHash of the initiators stays empty. What it returns is as of Load.
func Parse(name string, text []byte) (*Config, error) {
	return parse(name, filepath.Dir(name), text)
}

func parse(name, dir string, text []byte) (*Config, error) {
	raw := map[string]any{}
	if _, err := toml.Decode(string(text), &raw); err != nil {
		return nil, syntaxProblem(name, text, err)
	}
	r := &reader{file: name, dir: dir, lines: findLines(text)}
	c := &Config{File: name, Dir: dir, Sum: sha256.Sum256(text), lines: r.lines}
	r.config(raw, c)
	c.problems = r.problems
	return c, c.problems.err()
}

// syntaxProblem is what the parser says about a text that is no TOML.
func syntaxProblem(name string, text []byte, err error) Problems {
	p := Problem{File: name, Line: 1, Text: err.Error()}
	var pe toml.ParseError
	if errors.As(err, &pe) {
		p.Line, p.Key, p.Text = syntaxLine(text, pe.Position), pe.LastKey, pe.Message
	}
	return Problems{p}
}

// syntaxLine returns the line of a syntax error: that of the last octet that the parser looked at. Its own count is sometimes
// one too high, when it stumbled over a line end.
func syntaxLine(text []byte, at toml.Position) int {
	last := min(at.Start+max(at.Len-1, 0), len(text))
	return 1 + bytes.Count(text[:max(last, 0)], []byte("\n"))
}

// readPasswords reads every initiator's password file.
func (c *Config) readPasswords() Problems {
	var ps Problems
	for i := range c.Initiators {
		in := &c.Initiators[i]
		if in.PasswordFile == "" {
			continue
		}
		hash, text := readHash(in.PasswordFile)
		if text != "" {
			p := path{"initiator", strconv.Itoa(i), "password_file"}
			ps = append(ps, Problem{File: c.File, Line: c.lines.of(p), Key: p.String(), Text: text})
			continue
		}
		in.PasswordHash = hash
	}
	return ps
}

// maxHashFile bounds what is read of a password file; a bcrypt hash has 60 octets.
const maxHashFile = 4 << 10

// readHash returns the hash in a password file, or what is wrong with the file. The text never holds what is in the file.
func readHash(file string) (hash []byte, problem string) {
	f, err := os.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Sprintf("%v; to make it: mkdir -p %s && ppgbox password > %s (it reads the password and prints its hash)", err, filepath.Dir(file), file)
	case err != nil:
		return nil, err.Error()
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxHashFile))
	if err != nil {
		return nil, err.Error()
	}
	line := bytes.TrimSpace(text)
	if len(line) == 0 {
		return nil, file + " is empty; write the line that \"ppgbox password\" prints into it"
	}
	if _, err := bcrypt.Cost(line); err != nil || len(line) != 60 {
		return nil, file + " holds no bcrypt hash; a password must not be stored in plain text: run \"ppgbox password\" and write the line that it prints into the file"
	}
	return line, ""
}
