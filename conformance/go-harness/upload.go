package harness

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash/crc64"
	"image"
	"image/png"
	"strconv"
	"strings"
)

// FormTemplate names every variable in a form body.
const FormTemplate = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}" +
	"&imageInfo.height=${imageInfo.height}&imageInfo.width=${imageInfo.width}&imageInfo.format=${imageInfo.format}" +
	"&crc64=${crc64}&contentMd5=${contentMd5}&vpcId=${vpcId}&clientIp=${clientIp}&reqId=${reqId}" +
	"&operation=${operation}&first=${x:first}&second=${x:第二}&undefined=${x:undefined}"

// JSONTemplate names every variable in a JSON body, the picture's measures inside quotes as well.
const JSONTemplate = `{"bucket":${bucket},"object":${object},"etag":${etag},"size":${size},"mimeType":${mimeType},` +
	`"height":${imageInfo.height},"width":${imageInfo.width},"format":${imageInfo.format},"crc64":${crc64},` +
	`"crc64Text":"${crc64}","contentMd5":${contentMd5},"vpcId":${vpcId},"clientIp":${clientIp},"reqId":${reqId},` +
	`"operation":${operation},"first":${x:first},"second":${x:第二},"undefined":${x:undefined},` +
	`"picture":"${imageInfo.width},${imageInfo.height}"}`

// CustomVariables go with both templates.
var CustomVariables = map[string]string{"x:first": "value/1 & more+", "x:第二": "凌波不过横塘路，\"芳尘\"去。"}

// Upload is what a callback must tell about one upload.
type Upload struct {
	Bucket    string
	Key       string
	ETag      string
	MimeType  string
	RequestID string
	Operation string
	Content   []byte
	Width     int
	Height    int
	Format    string
}

// Form is the exact body FormTemplate must give with CustomVariables.
func (u Upload) Form() string {
	width, height := u.measures("")
	pairs := [][2]string{
		{"bucket", u.Bucket}, {"object", u.Key}, {"etag", u.etag()}, {"size", strconv.Itoa(len(u.Content))},
		{"mimeType", u.MimeType}, {"imageInfo.height", height}, {"imageInfo.width", width},
		{"imageInfo.format", u.Format}, {"crc64", CRC64(u.Content)}, {"contentMd5", u.contentMD5()}, {"vpcId", ""},
		{"clientIp", "127.0.0.1"}, {"reqId", u.RequestID}, {"operation", u.Operation},
		{"first", CustomVariables["x:first"]}, {"second", CustomVariables["x:第二"]}, {"undefined", ""},
	}
	texts := make([]string, 0, len(pairs))
	for _, pair := range pairs {
		texts = append(texts, pair[0]+"="+FormEscape(pair[1]))
	}
	return strings.Join(texts, "&")
}

// JSON is the exact body JSONTemplate must give with CustomVariables.
func (u Upload) JSON() string {
	width, height := u.measures("null")
	inQuotesWidth, inQuotesHeight := u.measures("")
	crc := CRC64(u.Content)
	return `{"bucket":` + quote(u.Bucket) + `,"object":` + quote(u.Key) + `,"etag":` + quote(u.etag()) +
		`,"size":` + strconv.Itoa(len(u.Content)) + `,"mimeType":` + quote(u.MimeType) +
		`,"height":` + height + `,"width":` + width + `,"format":` + quote(u.Format) + `,"crc64":` + crc +
		`,"crc64Text":"` + crc + `","contentMd5":` + quote(u.contentMD5()) + `,"vpcId":"","clientIp":"127.0.0.1"` +
		`,"reqId":` + quote(u.RequestID) + `,"operation":` + quote(u.Operation) +
		`,"first":` + quote(CustomVariables["x:first"]) + `,"second":` + quote(CustomVariables["x:第二"]) +
		`,"undefined":"","picture":"` + inQuotesWidth + `,` + inQuotesHeight + `"}`
}

func (u Upload) etag() string { return strings.Trim(u.ETag, `"`) }

func (u Upload) contentMD5() string {
	if u.Operation == "CompleteMultipartUpload" {
		return ""
	}
	return MD5Base64(u.Content)
}

func (u Upload) measures(none string) (width, height string) {
	if u.Format == "" {
		return none, none
	}
	return strconv.Itoa(u.Width), strconv.Itoa(u.Height)
}

// CRC64 is the checksum as x-oss-hash-crc64ecma tells it.
func CRC64(content []byte) string {
	return strconv.FormatUint(crc64.Checksum(content, crc64.MakeTable(crc64.ECMA)), 10)
}

// MD5Base64 is the checksum as Content-MD5 tells it.
func MD5Base64(content []byte) string {
	sum := md5.Sum(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ETag is the quoted ETag of an object put in one piece.
func ETag(content []byte) string {
	sum := md5.Sum(content)
	return `"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"`
}

// Picture is a PNG of the given size.
func Picture(width, height int) []byte {
	var buffer bytes.Buffer
	_ = png.Encode(&buffer, image.NewGray(image.Rect(0, 0, width, height)))
	return buffer.Bytes()
}

// Bytes are n reproducible bytes without a short period.
func Bytes(n int) []byte {
	content := make([]byte, n)
	state := uint32(2463534242)
	for i := range content {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		content[i] = byte(state)
	}
	return content
}

func quote(text string) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)
	return strings.TrimSuffix(buffer.String(), "\n")
}
