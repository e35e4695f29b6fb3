// Command raw is StartJob of PTS called by hand: one signed request over
// net/http and nothing else (document 000, facts tencent-auth §1 and §2). It
// is what the action is measured against.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: raw http://HOST:PORT")
		os.Exit(2)
	}
	id, err := start(os.Args[1], os.Getenv("TENCENTCLOUD_SECRET_ID"), os.Getenv("TENCENTCLOUD_SECRET_KEY"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "raw:", err)
		os.Exit(1)
	}
	fmt.Println("started", id)
}

func start(endpoint, id, key string) (jobID string, err error) {
	body, err := json.Marshal(map[string]string{"ProjectId": "project-demo", "ScenarioId": "scenario-demo", "JobOwner": "measure"})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequest(http.MethodPost, endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	now := time.Now()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-TC-Action", "StartJob")
	request.Header.Set("X-TC-Version", "2021-07-28")
	request.Header.Set("X-TC-Timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("Authorization", sign(now, request.Host, body, id, key))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var answer struct{ Response struct{ JobId string } }
	if err := json.Unmarshal(text, &answer); err != nil || answer.Response.JobId == "" {
		return "", fmt.Errorf("no job in the answer %s", text)
	}
	return answer.Response.JobId, nil
}

// sign makes the header Authorization: TC3-HMAC-SHA256.
func sign(now time.Time, host string, body []byte, id, key string) string {
	const headers = "content-type;host"
	date := now.UTC().Format(time.DateOnly)
	scope := date + "/pts/tc3_request"
	canonical := "POST\n/\n\ncontent-type:application/json\nhost:" + host + "\n\n" + headers + "\n" + hash(body)
	text := "TC3-HMAC-SHA256\n" + strconv.FormatInt(now.Unix(), 10) + "\n" + scope + "\n" + hash([]byte(canonical))
	secret := []byte("TC3" + key)
	for _, part := range []string{date, "pts", "tc3_request", text} {
		secret = mac(secret, part)
	}
	return "TC3-HMAC-SHA256 Credential=" + id + "/" + scope + ", SignedHeaders=" + headers + ", Signature=" + hex.EncodeToString(secret)
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
