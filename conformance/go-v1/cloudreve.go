package main

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"ossicle.example/conformance/go-harness"
)

// These cases play the older releases of Cloudreve, a self-hosted drive, which use this SDK: the same upload as its
// newer ones, with the headers that SignURL signs.

func addCloudreveCases(suite *harness.Suite, w *world) {
	suite.Case(w.name("cloudreve"), func(t *harness.T) {
		const key = "uploads/1/报告 1+2.bin"
		content := harness.Bytes(harness.PartSize + 33)
		ends := time.Now().Add(time.Hour)
		upload, err := w.bucket.InitiateMultipartUpload(key, oss.Expires(ends), oss.ForbidOverWrite(true),
			oss.ContentType("application/octet-stream"))
		t.Must("InitiateMultipartUpload", err)
		const ttl = 3600
		path := "/" + w.name("api/v4/callback/oss/session/secret")
		reply := `{"code":0,"msg":""}`
		w.app.On(path, harness.Reply{Status: 200, Body: reply,
			Header: map[string]string{"Content-Type": "application/json; charset=utf-8"}})
		for number, piece := range [][]byte{content[:harness.PartSize], content[harness.PartSize:]} {
			part, err := w.bucket.SignURL(key, oss.HTTPPut, ttl, oss.AddParam("partNumber", strconv.Itoa(number+1)),
				oss.AddParam("uploadId", upload.UploadID), oss.ContentType("application/octet-stream"))
			t.Must("SignURL of a part", err)
			got := harness.Send(t, "PUT", part, map[string]string{"Content-Type": "application/octet-stream"}, piece)
			t.Equal("UploadPart", got.Status, 200)
		}
		complete, err := w.bucket.SignURL(key, oss.HTTPPost, ttl, oss.ContentType("application/octet-stream"),
			oss.AddParam("uploadId", upload.UploadID), oss.Expires(ends), oss.SetHeader("x-oss-complete-all", "yes"),
			oss.ForbidOverWrite(true), oss.AddParam("callback", harness.Base64(harness.Fields{
				"callbackUrl": w.app.URL(path), "callbackBodyType": "application/json", "callbackSNI": true,
				"callbackBody": `{"name":${x:fname},"source_name":${object},"size":${size},` +
					`"pic_info":"${imageInfo.width},${imageInfo.height}"}`})))
		t.Must("SignURL of Complete", err)
		got := harness.Send(t, "POST", complete, map[string]string{"Content-Type": "application/octet-stream",
			"x-oss-complete-all": "yes", "x-oss-forbid-overwrite": "true"}, nil)
		t.Equal("status: "+got.Body, got.Status, 200)
		t.Equal("body", got.Body, reply)
		t.Equal("Content-Type", got.Header.Get("Content-Type"), "application/json")
		t.Equal("callback body", w.app.One(t, path, w.bucket.BucketName).Body,
			fmt.Sprintf(`{"name":"","source_name":"%s","size":%d,"pic_info":","}`, key, len(content)))
		t.True("the content comes back", bytes.Equal(w.get(t, key), content))

		get, err := w.bucket.SignURL(key, oss.HTTPGet, ttl, oss.TrafficLimitParam(838860800),
			oss.ResponseContentDisposition(`attachment; filename="a%20b"; filename*=UTF-8''a%20b`))
		t.Must("SignURL of a download", err)
		t.Equal("download", harness.Send(t, "GET", get, nil, nil).Status, 200)
	})
}
