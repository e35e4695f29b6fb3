package action

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
)

// This file reads every path that a user gives: of a plan, a job, gates, roots, earlier
// results and the folder for reports.

// place is where a path leads: a folder that cannot be left, and the path from there.
type place struct {
	root   *os.Root
	name   string
	prefix string // of paths in outputs and messages; empty in a workflow, where paths start at the workspace
}

// of is the path of something below the folder, for outputs and messages.
func (at place) of(name string) string { return filepath.ToSlash(filepath.Join(at.prefix, name)) }

// inWorkflow reports whether this is a workflow, where nothing outside of the workspace
// may be touched.
func (p *process) inWorkflow() bool {
	return p.getenv("GITHUB_WORKSPACE") != "" || p.getenv("GITHUB_ACTIONS") == "true"
}

// locate finds where a path of the user's leads. For a step it starts at the workspace,
// for a command at the current folder. In a workflow it can never leave the workspace,
// however it is written; elsewhere the path of a command may lead anywhere.
func (p *process) locate(name string) (place, error) {
	workspace := cmp.Or(p.getenv("GITHUB_WORKSPACE"), ".")
	if !filepath.IsAbs(name) && !p.byHand {
		name = filepath.Join(workspace, name)
	}
	name, err := filepath.Abs(name)
	if err != nil {
		return place{}, fmt.Errorf("find the current folder: %w", cause(err))
	}
	if !p.inWorkflow() {
		return anywhere(name)
	}
	for _, resolve := range []func(string) (string, error){filepath.Abs, filepath.EvalSymlinks} { // the workspace may be named by a link
		folder, err := resolve(workspace)
		if err != nil {
			return place{}, fmt.Errorf("open the workspace: %w", cause(err))
		}
		inside, err := filepath.Rel(folder, name)
		if err != nil || !filepath.IsLocal(inside) {
			continue
		}
		root, err := os.OpenRoot(folder)
		if err != nil {
			return place{}, fmt.Errorf("open the workspace: %w", cause(err))
		}
		return place{root: root, name: inside}, nil
	}
	return place{}, errOutside
}

var errOutside = errors.New("it is outside of the workspace, from which paths are taken")

// anywhere locates a path that may lead anywhere, from the nearest folder that exists.
func anywhere(name string) (place, error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	folder := name
	for info, err := os.Stat(folder); (err != nil || !info.IsDir()) && folder != filepath.Dir(folder); info, err = os.Stat(folder) {
		folder = filepath.Dir(folder)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return place{}, cause(err)
	}
	inside, err := filepath.Rel(folder, name)
	return place{root, inside, folder}, err
}

// readFile reads a file that a user named.
func (p *process) readFile(name string) ([]byte, error) {
	return p.readAtMost(name, field.Limit, "split it into several steps")
}

// rootsLimit is the size in bytes of the longest file of roots: all that systems
// trust are about 220 KiB.
const rootsLimit = 1 << 20

// roots reads the certificates in a file that a user named; none if the name is empty.
func (p *process) roots(name string) ([]*x509.Certificate, field.Problems) {
	if name == "" {
		return nil, nil
	}
	src, err := p.readAtMost(name, rootsLimit, "leave in it only roots that are not trusted anyway")
	if err != nil {
		return nil, unusable("ca_file", name, err)
	}
	roots, err := cloud.ReadRoots(src)
	if err != nil {
		return nil, field.Problems{{Place: field.Place{File: "ca_file"}, Text: field.Quote(name) + " " + err.Error()}}
	}
	return roots, nil
}

// readAtMost reads a file that is not larger than limit; cure says what to do if it is.
func (p *process) readAtMost(name string, limit int, cure string) ([]byte, error) {
	at, err := p.locate(name)
	if err != nil {
		return nil, err
	}
	defer at.root.Close()
	f, err := openRegular(at.root, at.name)
	if errors.Is(err, fs.ErrNotExist) && p.inWorkflow() && !p.byHand {
		if empty(at.root) {
			return nil, fmt.Errorf("%w: the workspace is empty; is actions/checkout missing before this step?", err)
		}
		return nil, fmt.Errorf("%w (paths are taken from the workspace)", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, cause(err)
	case len(src) > limit:
		return nil, fmt.Errorf("it is larger than %d KiB, which is the limit; %s", limit>>10, cure)
	}
	return src, nil
}

// empty reports whether a folder has nothing in it.
func empty(root *os.Root) bool {
	entries, err := fs.ReadDir(root.FS(), ".")
	return err == nil && len(entries) == 0
}

// openRegular opens a regular file for reading. Anything else is refused: a named pipe
// would block for ever, and a device may do anything when it is opened.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Stat(name)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, inside(err)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, inside(err)
	}
	info, err = f.Stat() // it may have been replaced in between
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		f.Close()
		return nil, cause(err)
	}
	return f, nil
}

// regular is the error for a file that is not a regular one.
func regular(info fs.FileInfo) error {
	what := "something else"
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return fmt.Errorf("it is %s, and only a file can be read", what)
}

// inside is an error of os.Root in words for users.
func inside(err error) error {
	if err = cause(err); err.Error() == "path escapes from parent" { // os has no name for it
		return errOutside
	}
	return err
}

// cause drops the operation and the paths from a file error: the sentence
// around it has them.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	if linkErr, ok := errors.AsType[*os.LinkError](err); ok {
		return linkErr.Err
	}
	return err
}
