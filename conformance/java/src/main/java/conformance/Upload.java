package conformance;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;

/** What a callback must tell about one upload, and the checksums that OSS gives. */
record Upload(
        String bucket,
        String key,
        String etag,
        String mimeType,
        String requestId,
        String operation,
        byte[] content,
        int width,
        int height,
        String format) {

    static final String FIRST = "value/1 & more+";
    static final String SECOND = "值：凌波不过横塘路，但目送，芳尘去。";
    static final int PART_SIZE = 100 << 10;

    /** Names every variable in a form body. */
    static final String FORM_TEMPLATE = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}"
            + "&mimeType=${mimeType}&imageInfo.height=${imageInfo.height}&imageInfo.width=${imageInfo.width}"
            + "&imageInfo.format=${imageInfo.format}&crc64=${crc64}&contentMd5=${contentMd5}&vpcId=${vpcId}"
            + "&clientIp=${clientIp}&reqId=${reqId}&operation=${operation}&first=${x:first}&second=${x:键值2}"
            + "&undefined=${x:undefined}";

    /** Names every variable in a JSON body; this SDK escapes nothing, so the quotes are escaped here. */
    static final String JSON_TEMPLATE = ("{'bucket':${bucket},'object':${object},'etag':${etag},'size':${size},"
                    + "'mimeType':${mimeType},'height':${imageInfo.height},'width':${imageInfo.width},"
                    + "'format':${imageInfo.format},'crc64':${crc64},'crc64Text':'${crc64}','contentMd5':${contentMd5},"
                    + "'clientIp':${clientIp},'reqId':${reqId},'operation':${operation},'first':${x:first},"
                    + "'second':${x:键值2},'undefined':${x:undefined},"
                    + "'picture':'${imageInfo.width},${imageInfo.height}'}")
            .replace("'", "\\\"");

    /** The exact body the form template must give. */
    String form() {
        return "bucket=" + escape(bucket) + "&object=" + escape(key) + "&etag=" + escape(bareEtag()) + "&size="
                + content.length + "&mimeType=" + escape(mimeType) + "&imageInfo.height=" + measure(height, "")
                + "&imageInfo.width=" + measure(width, "") + "&imageInfo.format=" + format + "&crc64=" + crc64(content)
                + "&contentMd5=" + escape(contentMd5()) + "&vpcId=&clientIp=127.0.0.1&reqId=" + requestId
                + "&operation=" + operation + "&first=" + escape(FIRST) + "&second=" + escape(SECOND) + "&undefined=";
    }

    /** The exact body the JSON template must give; none of the values needs escaping in JSON. */
    String json() {
        String crc = crc64(content);
        return ("{'bucket':'" + bucket + "','object':'" + key + "','etag':'" + bareEtag() + "','size':"
                        + content.length + ",'mimeType':'" + mimeType + "','height':" + measure(height, "null")
                        + ",'width':" + measure(width, "null") + ",'format':'" + format + "','crc64':" + crc
                        + ",'crc64Text':'" + crc + "','contentMd5':'" + contentMd5() + "','clientIp':'127.0.0.1',"
                        + "'reqId':'" + requestId + "','operation':'" + operation + "','first':'" + FIRST
                        + "','second':'" + SECOND + "','undefined':'','picture':'" + measure(width, "") + ","
                        + measure(height, "") + "'}")
                .replace('\'', '"');
    }

    private String bareEtag() {
        return etag.replace("\"", "");
    }

    private String contentMd5() {
        return operation.equals("CompleteMultipartUpload") ? "" : AppServer.md5(content);
    }

    private String measure(int pixels, String none) {
        return format.isEmpty() ? none : String.valueOf(pixels);
    }

    /** What came with encoding-type=url, which this SDK leaves to its users. */
    static String unescape(String text) {
        return text == null ? null : URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    static List<String> unescape(List<String> texts) {
        return texts.stream().map(Upload::unescape).toList();
    }

    /** Everything but unreserved characters. */
    static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    /** CRC-64 as x-oss-hash-crc64ecma tells it: ECMA-182, reflected, in decimal. */
    static String crc64(byte[] content) {
        long crc = ~0L;
        for (byte each : content) {
            crc ^= each & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ 0xC96C5795D7870F42L;
            }
        }
        return Long.toUnsignedString(~crc);
    }

    /** The ETag of an object put in one piece, without the quotes that this SDK takes off. */
    static String etag(byte[] content) {
        return HexFormat.of().withUpperCase().formatHex(digest(content));
    }

    /** The ETag of content uploaded in parts of the usual size. */
    static String multipartEtag(byte[] content) {
        StringBuilder etags = new StringBuilder();
        int parts = 0;
        for (int start = 0; start < content.length; start += PART_SIZE) {
            etags.append(etag(Arrays.copyOfRange(content, start, Math.min(start + PART_SIZE, content.length))));
            parts++;
        }
        return etag(etags.toString().getBytes(StandardCharsets.US_ASCII)) + "-" + parts;
    }

    private static byte[] digest(byte[] content) {
        try {
            return MessageDigest.getInstance("MD5").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reproducible bytes without a short period. */
    static byte[] bytes(int length) {
        byte[] content = new byte[length];
        new java.util.Random(20).nextBytes(content);
        return content;
    }

    static byte[] picture(int width, int height) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY), "png", out);
        return out.toByteArray();
    }

    /** Callback parameters as a header carries them. */
    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
