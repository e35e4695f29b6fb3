// Package record keeps the calls of a run in a file, and answers the same calls
// from it. The file is a HAR, of version 1.2 of the format, which browsers and
// other tools open; what they do not know stands under names that begin with an
// underscore, as the format wants it.
package record

import (
	"encoding/json"
	"net/http"
	"time"

	"cloudjob/internal/cloud"
)

// Version is the version of what stands under _cloudjob. It grows when a reader
// of the old form would misread the new one.
const Version = 1

// harVersion is that of the format.
const harVersion = "1.2"

// Entry is one call of a recording.
type Entry struct {
	Began time.Time
	Took  time.Duration
	Call  string // the vendor's name of it
	cloud.Recorded
}

// The format's own words. Times are in milliseconds; what is not known is -1.
type (
	harEntry struct {
		Started  time.Time    `json:"startedDateTime"`
		Time     float64      `json:"time"`
		Request  harRequest   `json:"request"`
		Response harResponse  `json:"response"`
		Cache    struct{}     `json:"cache"`
		Timings  harTimings   `json:"timings"`
		Ours     harEntryOurs `json:"_cloudjob"`
	}
	harEntryOurs struct {
		Call      string      `json:"call"`
		For       string      `json:"for,omitempty"`
		RequestID string      `json:"request_id,omitempty"`
		Connected bool        `json:"connected,omitempty"`
		Broke     cloud.Break `json:"broke,omitempty"`
		Error     string      `json:"error,omitempty"`
		LeftOut   string      `json:"left_out,omitempty"` // why there are no bodies
	}
	harRequest struct {
		Method      string     `json:"method"`
		URL         string     `json:"url"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []struct{} `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		QueryString []harPair  `json:"queryString"`
		PostData    *harPost   `json:"postData,omitempty"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harPost struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []struct{} `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Encoding string `json:"encoding,omitempty"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
)

// harOurs is what stands beside the entries.
type harOurs struct {
	Version  int             `json:"version"`
	Finished bool            `json:"finished"`           // false: the step was killed while it was written
	Left     int             `json:"left_out,omitempty"` // entries without bodies, because the file would have become too large
	Run      json.RawMessage `json:"run,omitempty"`
}

func pairs(header http.Header) []harPair {
	all := []harPair{}
	for _, name := range sorted(header) {
		for _, value := range header[name] {
			all = append(all, harPair{name, value})
		}
	}
	return all
}
