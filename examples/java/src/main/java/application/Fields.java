package application;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a verified callback says: the members of its form or of its JSON object, as texts. */
record Fields(Map<String, String> members) {
    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    static Fields of(String contentType, byte[] body) throws Refused {
        String mediaType = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            if (mediaType.equals("application/json")) {
                return ofJson(JSON.readTree(text));
            }
            if (mediaType.equals("application/x-www-form-urlencoded")) {
                return ofForm(text);
            }
        } catch (CharacterCodingException | JsonProcessingException | IllegalArgumentException e) {
            throw new Refused(400, "the body is not " + mediaType + ": " + e.getMessage());
        }
        throw new Refused(400, "the body is neither a form nor JSON");
    }

    private static Fields ofJson(JsonNode value) {
        if (value == null || !value.isObject()) {
            throw new IllegalArgumentException("it is not an object");
        }
        Map<String, String> members = new TreeMap<>();
        value.fields().forEachRemaining(member -> {
            JsonNode node = member.getValue();
            // A number without a value, such as the width of a text file, arrives as null.
            if (!node.isNull()) {
                members.put(member.getKey(), node.isTextual() ? node.textValue() : node.toString());
            }
        });
        return new Fields(members);
    }

    private static Fields ofForm(String text) {
        Map<String, String> members = new TreeMap<>();
        for (String pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(pair + " has no value");
            }
            String name = URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8);
            members.put(name, URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return new Fields(members);
    }

    /** The parameters of a query. */
    static Map<String, String> ofQuery(String query) throws Refused {
        try {
            return query.isEmpty() ? Map.of() : ofForm(query).members();
        } catch (IllegalArgumentException e) {
            throw new Refused(400, "the query is not understood: " + e.getMessage());
        }
    }

    /** A member that is there and not empty. */
    Optional<String> get(String name) {
        return Optional.ofNullable(members.get(name)).filter(text -> !text.isEmpty());
    }

    /** The member {@code size}, or null. */
    Long size() throws Refused {
        String text = get("size").orElse(null);
        if (text != null && !text.matches("[0-9]{1,18}")) {
            throw new Refused(400, "size is not a number");
        }
        return text == null ? null : Long.valueOf(text);
    }
}
