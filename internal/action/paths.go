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

// This file is how every path of a user's is taken: of a plan, a job, gates,
// roots, earlier results and the folder of the reports.

// place is where a path leads: a folder that nothing leads out of, and the way
// from there.
type place struct {
	root   *os.Root
	name   string
	prefix string // of the paths that are told: nothing in a workflow, whose steps take them from the workspace
}

// of is how a path below the folder is told.
func (at place) of(name string) string { return filepath.ToSlash(filepath.Join(at.prefix, name)) }

// inWorkflow tells that nothing outside of the workspace is touched.
func (p *process) inWorkflow() bool {
	return p.getenv("GITHUB_WORKSPACE") != "" || p.getenv("GITHUB_ACTIONS") == "true"
}

// locate finds where a path of the user's leads. A step takes paths from the
// workspace, a command from the current folder. In a workflow neither leaves
// the workspace, however the path is written; outside of one, a command's may
// lead anywhere.
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

// anywhere takes the nearest folder that is there for the root.
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

// roots reads the certificates of a file that a user named, of none if it has no
// name.
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

// readAtMost reads a file up to a limit; cure says what to do beyond it.
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

// empty tells of a folder with nothing in it.
func empty(root *os.Root) bool {
	entries, err := fs.ReadDir(root.FS(), ".")
	return err == nil && len(entries) == 0
}

// openRegular opens a file to be read. Anything else is refused: a named pipe
// would be waited for for ever, and a device may do anything when it is opened.
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
	info, err = f.Stat() // it may be another by now
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		f.Close()
		return nil, cause(err)
	}
	return f, nil
}

// regular says what a file is that is none to be read.
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

// inside is the error of a root, in our words where it has none for users.
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
