package harness

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"sort"
	"strings"
)

// PartSize is the smallest size of a part that is not the last.
const PartSize = 100 << 10

// MultipartETag is the ETag OSS gives to content uploaded in parts of PartSize: the MD5 over the parts' ETags as
// text, and the number of parts.
func MultipartETag(content []byte) string {
	whole, parts := md5.New(), 0
	for start := 0; start < len(content); start += PartSize {
		sum := md5.Sum(content[start:min(start+PartSize, len(content))])
		io.WriteString(whole, strings.ToUpper(hex.EncodeToString(sum[:])))
		parts++
	}
	return fmt.Sprintf(`"%s-%d"`, strings.ToUpper(hex.EncodeToString(whole.Sum(nil))), parts)
}

// Spelling is a key that is easily mangled between a client's URL and a server's index.
type Spelling struct{ Name, Key string }

// KeySpellings are tried one by one.
var KeySpellings = []Spelling{
	{"unicode", "中文/文件 名.txt"},
	{"emoji", "emoji-😀.txt"},
	{"plus_and_space", "a+b c.txt"},
	{"double_slash", "a//b///c"},
	{"percent", "100%.txt"},
	{"percent_encoded", "100%25%2F.txt"},
	{"question_and_hash", "what?x=1&y=2#frag.txt"},
	{"trailing_slash", "folder/"},
	{"dots", "a/../b/./c"},
	{"markup", "quote'\"<>&;.xml"},
	{"unreserved", "tilde~!*().txt"},
	{"sub_resource_name", "acl"},
	{"colon_and_at", "a:b@c,d=e;f$g[h]{i}|j^k`l\\m"},
	{"control", "tab\there\x01and\x1fthere\r\nend"},
	{"longest", strings.Repeat("k", 1023)},
}

// ListedKeys are under one prefix, sorted by their bytes: files, folders, a folder's own object, odd characters.
func ListedKeys() []string {
	keys := []string{"list/", "list/a b+c%", "list/folder/", "list/folder/1", "list/folder/2/3", "list/文件",
		"list/\x02<&>"}
	for i := 0; i < 5; i++ {
		keys = append(keys, fmt.Sprintf("list/n%d", i), fmt.Sprintf("list/目录%d/x", i))
	}
	sort.Strings(keys)
	return keys
}

// Grouped is what a delimiter makes of the listed keys: those at the top, and the folders.
func Grouped() (keys, folders []string) {
	seen := map[string]bool{}
	for _, key := range ListedKeys() {
		folder, _, nested := strings.Cut(strings.TrimPrefix(key, "list/"), "/")
		if folder = "list/" + folder + "/"; !nested {
			keys = append(keys, key)
		} else if !seen[folder] {
			seen[folder] = true
			folders = append(folders, folder)
		}
	}
	return keys, folders
}
