/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording.c: reads recordings: records to turns, docs/recording-format.md. */
#include "recording.h"

#include <string.h>

#define HEAD        "metergate-recording "
#define FORMAT      1
#define RECORD_MAX  (256 * 1024)
#define TIME_MAX_US (G_GINT64_CONSTANT (1) << 53)
#define FILE_MAX    (256 * 1024 * 1024)
#define PIECE_MAX   65536
#define BLANKS      " \t"

typedef struct {
    Recording *recording;
    const char *name;
    guint line;
    gboolean has_session, has_time;
    gint64 base_us; /* of the session, since the start of the recording */
    gint64 last_us; /* in the session */
    RecordedTurn *turn;
    guint32 baud; /* told outside a turn, for the next one */
    char mode[8];
    gint8 echo;
} Reader;

static void item_clear (gpointer data)
{
    g_free (((RecordedItem *) data)->text);
}

static void turn_free (gpointer data)
{
    RecordedTurn *turn = data;

    g_array_unref (turn->items);
    g_free (turn->channel);
    g_free (turn->action);
    g_free (turn->address);
    g_free (turn->outcome);
    g_free (turn);
}

void recording_free (Recording *recording)
{
    if (recording == NULL)
        return;
    g_ptr_array_unref (recording->turns);
    g_byte_array_unref (recording->bytes);
    g_byte_array_unref (recording->any);
    g_free (recording->path);
    g_free (recording->line);
    g_free (recording->kind);
    g_free (recording);
}

static gboolean reader_fail (Reader *r, GError **error, const char *fmt, ...) G_GNUC_PRINTF (3, 4);
static gboolean reader_fail (Reader *r, GError **error, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_autofree char *what = g_strdup_vprintf (fmt, args);
    va_end (args);
    g_autofree char *valid = g_utf8_make_valid (what, -1); /* a quotation may have been cut within a character */
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s:%u: %s", r->name, r->line, valid);
    return FALSE;
}

/* ------------------------------------------------------------------------------------------------- words and numbers
 */

/* The next word of *at, NULL at the end. Cuts the text. */
static char *next_word (char **at)
{
    char *word;

    *at += strspn (*at, BLANKS);
    if (**at == 0)
        return NULL;
    word = *at;
    *at += strcspn (*at, BLANKS);
    if (**at != 0)
        *(*at)++ = 0;
    return word;
}

static gboolean read_number (const char *text, gint64 max, gint64 *number)
{
    guint64 read;

    if (!g_ascii_string_to_unsigned (text, 10, 0, (guint64) max, &read, NULL))
        return FALSE;
    *number = (gint64) read;
    return TRUE;
}

/* TIME: since the session's start, or "+N" since the record before. */
static gboolean read_time (Reader *r, char **rest, GError **error)
{
    const char *word = next_word (rest);
    gint64 time_us;

    if (word == NULL || !read_number (word + (*word == '+'), TIME_MAX_US, &time_us))
        return reader_fail (r, error, "time \"%s\": expected microseconds, or + and microseconds",
                            word == NULL ? "" : word);
    if (*word == '+' && time_us > TIME_MAX_US - r->last_us)
        return reader_fail (r, error, "time \"%s\": too large", word);
    time_us += *word == '+' ? r->last_us : 0;
    if (!r->has_session && !r->has_time) /* cut at a turn: the first record is the start */
        r->base_us = -time_us;
    else if (time_us < r->last_us)
        return reader_fail (r, error, "time %s goes back: the record before is at %" G_GINT64_FORMAT, word, r->last_us);
    r->has_time = TRUE;
    r->last_us = time_us;
    return TRUE;
}

/* ------------------------------------------------------------------------------------------------------------- bytes
 */

static void put_byte (Reader *r, guint8 byte, guint8 any)
{
    g_byte_array_append (r->recording->bytes, &byte, 1);
    g_byte_array_append (r->recording->any, &any, 1);
}

/* "text\r\n\x1B": NULL where it is broken, else what follows the closing quote */
static const char *read_quoted (Reader *r, const char *at)
{
    static const char from[] = "rnt\\\"", to[] = "\r\n\t\\\"";

    for (; *at != '"'; at++) {
        const char *escape;

        if (*at == 0)
            return NULL;
        if (*at != '\\') {
            put_byte (r, (guint8) *at, 0);
            continue;
        }
        at++;
        if (*at == 'x' && g_ascii_isxdigit (at[1]) && g_ascii_isxdigit (at[2])) {
            put_byte (r, (guint8) (g_ascii_xdigit_value (at[1]) << 4 | g_ascii_xdigit_value (at[2])), 0);
            at += 2;
            continue;
        }
        escape = *at == 0 ? NULL : strchr (from, *at);
        if (escape == NULL)
            return NULL;
        put_byte (r, (guint8) to[escape - from], 0);
    }
    return at + 1;
}

static gboolean read_bytes (Reader *r, const char *text, RecordedItem *item, GError **error)
{
    const char *at = text;

    item->from = r->recording->bytes->len;
    while (at != NULL && *(at += strspn (at, BLANKS)) != 0) {
        if (*at == '"') {
            at = read_quoted (r, at + 1);
        } else if ((at[0] == '*' && at[1] == '*') || (at[0] == '?' && at[1] == '?')) {
            put_byte (r, 0, 1);
            at += 2;
        } else if (g_ascii_isxdigit (at[0]) && g_ascii_isxdigit (at[1])) {
            put_byte (r, (guint8) (g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1])), 0);
            at += 2;
        } else {
            at = NULL;
        }
    }
    item->len = (guint32) (r->recording->bytes->len - item->from);
    if (at == NULL || item->len == 0)
        return reader_fail (r, error, "bytes \"%.60s\": expected pairs of hexadecimal digits, **, ?? or \"text\"",
                            text);
    return TRUE;
}

/* ----------------------------------------------------------------------------------------------------------- records
 */

static gboolean read_session (Reader *r, char *rest, GError **error)
{
    Recording *recording = r->recording;
    gint64 start_ms = -1;
    const struct {
        const char *key;
        gint64 *us;
    } times[] = { { "first-us", &recording->first_us }, { "idle-us", &recording->idle_us },
                  { "full-us", &recording->full_us },   { "pause-us", &recording->pause_us },
                  { "late-us", &recording->late_us },   { "gap-us", &recording->gap_us } };
    gboolean first = !r->has_session;

    for (char *word = next_word (&rest); word != NULL; word = next_word (&rest)) {
        char *value = strchr (word, '=');

        if (value == NULL)
            return reader_fail (r, error, "\"%s\": expected key=value", word);
        *value++ = 0;
        if (g_str_equal (word, "start")) {
            g_autoptr (GDateTime) start = g_date_time_new_from_iso8601 (value, NULL);

            if (start == NULL)
                return reader_fail (r, error, "start=%s: expected a time in UTC as 2026-01-05T09:15:00.000Z", value);
            start_ms = g_date_time_to_unix (start) * 1000 + g_date_time_get_microsecond (start) / 1000;
        } else if (first && (g_str_equal (word, "line") || g_str_equal (word, "kind"))) {
            char **field = *word == 'l' ? &recording->line : &recording->kind;

            g_free (*field);
            *field = g_strdup (value);
        }
        for (guint i = 0; first && i < G_N_ELEMENTS (times); i++)
            if (g_str_equal (word, times[i].key) && !read_number (value, TIME_MAX_US, times[i].us))
                return reader_fail (r, error, "%s=%s: expected microseconds", word, value);
    }
    r->base_us = r->has_session || r->has_time ? r->base_us + r->last_us : 0;
    if (start_ms >= 0 && (first || recording->start_ms == 0))
        recording->start_ms = start_ms - r->base_us / 1000;
    else if (start_ms >= 0)
        r->base_us = MAX (r->base_us, (start_ms - recording->start_ms) * 1000);
    r->has_session = TRUE;
    r->last_us = 0;
    r->turn = NULL;
    return TRUE;
}

static gboolean read_begin (Reader *r, char *rest, GError **error)
{
    const char *channel = next_word (&rest), *action = next_word (&rest), *address = next_word (&rest);
    RecordedTurn *turn;

    if (action == NULL)
        return reader_fail (r, error, "turn: expected channel, action and address");
    turn = g_new0 (RecordedTurn, 1);
    turn->line = r->line;
    turn->at_us = turn->end_us = r->base_us + r->last_us;
    turn->channel = g_strdup (channel);
    turn->action = g_strdup (action);
    turn->address = g_strdup (address == NULL || strchr (address, '=') != NULL ? "-" : address);
    turn->baud = r->baud;
    turn->echo = r->echo;
    memcpy (turn->mode, r->mode, sizeof turn->mode);
    turn->items = g_array_new (FALSE, FALSE, sizeof (RecordedItem));
    g_array_set_clear_func (turn->items, item_clear);
    g_ptr_array_add (r->recording->turns, turn);
    r->turn = turn;
    r->baud = 0;
    r->mode[0] = 0;
    r->echo = -1;
    return TRUE;
}

static gboolean read_end (Reader *r, char *rest, GError **error)
{
    const char *outcome = next_word (&rest);

    if (outcome == NULL)
        return reader_fail (r, error, "end of turn: expected ok, partial, yield or an error code");
    if (r->turn != NULL) {
        r->turn->outcome = g_strdup (outcome);
        r->turn->end_us = r->base_us + r->last_us;
    }
    r->turn = NULL;
    return TRUE;
}

static gboolean read_settings (Reader *r, const char *rest, GError **error)
{
    g_autofree char *copy = g_strdup (rest);
    char *at = copy;
    Recording *recording = r->recording;

    for (char *word = next_word (&at); word != NULL; word = next_word (&at)) {
        gint64 baud;

        if (read_number (word, 100000000, &baud)) {
            r->baud = (guint32) baud;
            recording->baud = recording->baud == 0 ? r->baud : recording->baud;
        } else if (mgh_line_mode_check (word, NULL)) {
            g_strlcpy (r->mode, word, sizeof r->mode);
            if (recording->mode[0] == 0)
                g_strlcpy (recording->mode, word, sizeof recording->mode);
        } else if (g_str_equal (word, "echo=on") || g_str_equal (word, "echo=off")) {
            r->echo = word[6] == 'n';
            recording->echo = recording->turns->len == 0 ? r->echo == 1 : recording->echo;
        } else if (strchr (word, '=') == NULL) {
            return reader_fail (r, error, "\"%s\": expected a baud rate, a mode such as 8E1, or key=value", word);
        }
    }
    return TRUE;
}

static gboolean read_item (Reader *r, char kind, gboolean datagram, char *rest, GError **error)
{
    RecordedItem item = { .kind = kind, .line = r->line, .at_us = r->base_us + r->last_us };

    rest += strspn (rest, BLANKS);
    if (datagram) {
        const char *peer = next_word (&rest);

        if (peer == NULL)
            return reader_fail (r, error, "datagram: expected a peer, or -, and bytes");
        item.kind = kind == '>' ? 'S' : 'R';
        if (!read_bytes (r, rest, &item, error))
            return FALSE;
        item.text = g_str_equal (peer, "-") ? NULL : g_strdup (peer);
    } else if (kind == '!' || kind == '=') {
        if (kind == '=' && r->turn == NULL)
            return read_settings (r, rest, error);
        item.text = g_strdup (rest);
    } else if (!read_bytes (r, rest, &item, error)) {
        return FALSE;
    }
    if (r->turn == NULL) /* noise that nobody read */
        item_clear (&item);
    else
        g_array_append_val (r->turn->items, item);
    if (r->turn != NULL)
        r->turn->end_us = item.at_us;
    return TRUE;
}

static gboolean read_replay (Reader *r, char *rest, GError **error)
{
    const char *word = next_word (&rest);

    if (word != NULL && (*word == '+' || g_ascii_isdigit (*word)))
        word = next_word (&rest); /* a time is allowed */
    if (g_strcmp0 (word, "strict") == 0)
        r->recording->replay = MGH_REPLAY_STRICT;
    else if (g_strcmp0 (word, "lenient") == 0)
        r->recording->replay = MGH_REPLAY_LENIENT;
    else
        return reader_fail (r, error, "\"%s\": expected strict or lenient", word == NULL ? "" : word);
    return TRUE;
}

static gboolean read_head (Reader *r, const char *text, GError **error)
{
    gint64 format;

    if (!read_number (text, G_MAXINT32, &format) || format < 1)
        return reader_fail (r, error, "\"" HEAD "%s\": expected \"" HEAD "%d\"", text, FORMAT);
    if (format > FORMAT)
        return reader_fail (r, error, "format %" G_GINT64_FORMAT ": this version reads up to %d", format, FORMAT);
    return TRUE;
}

/* Where a remark begins, outside of quotes. */
static void cut_remark (char *record)
{
    gboolean quoted = FALSE;

    for (char *at = record; *at != 0; at++) {
        if (quoted && *at == '\\' && at[1] != 0)
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && *at == '#' && (at[-1] == ' ' || at[-1] == '\t'))
            *at = 0;
        if (*at == 0)
            break;
    }
}

static gboolean read_record (Reader *r, char *record, GError **error)
{
    char *rest = record + 1, kind = record[0];
    gboolean datagram = (kind == '>' || kind == '<') && record[1] == '@';

    if (kind == 0 || kind == '#')
        return TRUE;
    if (g_str_has_prefix (record, HEAD))
        return read_head (r, record + strlen (HEAD), error);
    rest += datagram;
    if (!g_ascii_ispunct (kind) && kind != 'x')
        return reader_fail (r, error, "\"%.20s\": expected a record: its kind, its time, and the rest", record);
    if (*rest != 0 && *rest != ' ' && *rest != '\t') {
        if (g_ascii_ispunct (*rest) && kind != 'x')
            return TRUE; /* a kind of two signs that this version does not know */
        return reader_fail (r, error, "\"%.20s\": expected a blank after the kind", record);
    }
    if (kind != '"')
        cut_remark (rest);
    if (kind == '%')
        return read_session (r, rest, error);
    if (kind == '?')
        return read_replay (r, rest, error);
    if (strchr ("=[]><~x!.", kind) == NULL)
        return TRUE;
    if (!read_time (r, &rest, error))
        return FALSE;
    switch (kind) {
    case '[':
        return read_begin (r, rest, error);
    case ']':
        return read_end (r, rest, error);
    case '.':
        return TRUE;
    default:
        return read_item (r, kind, datagram, rest, error);
    }
}

/* A file that broke off, with another one put behind it: the torn record is nothing, the head is one. */
static gboolean is_torn_before_head (const char *record)
{
    const char *head = strstr (record, HEAD);

    return head != NULL && head != record && record[0] != '#' && g_ascii_isdigit (head[strlen (HEAD)]) &&
           strspn (head + strlen (HEAD), "0123456789") == strlen (head + strlen (HEAD));
}

Recording *recording_parse (const char *name, const char *text, gsize len, GError **error)
{
    g_autoptr (Recording) recording = g_new0 (Recording, 1);
    Reader r = { .recording = recording, .name = name, .echo = -1 };
    const char *end = text + len;

    recording->path = g_strdup (name);
    recording->bytes = g_byte_array_new ();
    recording->any = g_byte_array_new ();
    recording->turns = g_ptr_array_new_with_free_func (turn_free);
    for (const char *at = text, *stop; at < end && (stop = memchr (at, '\n', (gsize) (end - at))) != NULL;
         at = stop + 1) {
        gsize size = (gsize) (stop - at);
        g_autofree char *record = NULL;

        r.line++;
        if (size > RECORD_MAX || memchr (at, 0, size) != NULL || !g_utf8_validate (at, (gssize) size, NULL)) {
            reader_fail (&r, error, "expected UTF-8 text of at most %d bytes a line", RECORD_MAX);
            return NULL;
        }
        record = g_strchomp (g_strndup (at, size));
        if (is_torn_before_head (record))
            continue;
        if (!read_record (&r, record, error))
            return NULL;
    }
    if (!r.has_session && recording->turns->len == 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: no recording: expected \"" HEAD "%d\", a session or a turn",
                     name, FORMAT);
        return NULL;
    }
    return g_steal_pointer (&recording);
}

/* ------------------------------------------------------------------------------------------------------------- files
 */

/* All of the stream (full), up to what a recording may be. */
static GBytes *read_stream (GInputStream *stream, GError **error)
{
    g_autoptr (GByteArray) plain = g_byte_array_new ();
    g_autofree guint8 *piece = g_malloc (PIECE_MAX);
    gssize n;

    while ((n = g_input_stream_read (stream, piece, PIECE_MAX, NULL, error)) > 0) {
        g_byte_array_append (plain, piece, (guint) n);
        if (plain->len > FILE_MAX) {
            g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "more than %d bytes when unpacked", FILE_MAX);
            return NULL;
        }
    }
    return n < 0 ? NULL : g_byte_array_free_to_bytes (g_steal_pointer (&plain));
}

static GBytes *unpack_gzip (GBytes *packed, GError **error)
{
    g_autoptr (GConverter) gunzip = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    g_autoptr (GInputStream) from = g_memory_input_stream_new_from_bytes (packed);
    g_autoptr (GInputStream) stream = g_converter_input_stream_new (from, gunzip);

    return read_stream (stream, error);
}

/* By the zstd program, so that plugins do not carry its library. */
static GBytes *unpack_zstd (const char *path, GError **error)
{
    g_autoptr (GSubprocess) zstd = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                                                     error, "zstd", "-dcq", "--", path, NULL);
    g_autoptr (GBytes) plain = NULL;

    if (zstd == NULL)
        return NULL;
    plain = read_stream (g_subprocess_get_stdout_pipe (zstd), error);
    if (plain == NULL)
        g_subprocess_force_exit (zstd);
    if (!g_subprocess_wait_check (zstd, NULL, plain == NULL ? NULL : error))
        return NULL;
    return g_steal_pointer (&plain);
}

Recording *recording_load (const char *path, GError **error)
{
    g_autoptr (GMappedFile) file = NULL;
    g_autoptr (GBytes) bytes = NULL, plain = NULL;
    const guint8 *data;
    GError *why = NULL;
    gsize size;

    file = g_mapped_file_new (path, FALSE, &why);
    if (file != NULL) {
        bytes = g_mapped_file_get_bytes (file);
        data = g_bytes_get_data (bytes, &size);
        if (size >= 4 && memcmp (data, "\x1F\x8B", 2) == 0)
            plain = unpack_gzip (bytes, &why);
        else if (size >= 4 && memcmp (data, "\x28\xB5\x2F\xFD", 4) == 0)
            plain = unpack_zstd (path, &why);
        else
            plain = g_bytes_ref (bytes);
    }
    if (plain == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "recording %s: %s", path, why->message);
        g_error_free (why);
        return NULL;
    }
    data = g_bytes_get_data (plain, &size);
    return recording_parse (path, size == 0 ? "" : (const char *) data, size, error);
}
