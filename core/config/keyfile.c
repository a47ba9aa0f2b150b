/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyfile.c: reads one drop-in line by line. GKeyFile knows no line numbers and merges what stands twice, silently. */
#include "keyfile.h"

#include <string.h>

typedef struct {
    const KeyfileHandler *handler;
    gpointer data;
    guint line;
    gboolean in_group, skip; /* skip: keys of a group that was refused */
} Keyfile;

static void keyfile_problem (Keyfile *k, const char *key, const char *message)
{
    k->handler->problem (k->data, k->line, key, message);
}

static gboolean is_blank (char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts the blanks off a text that may be written to. */
static char *trim (char *text)
{
    char *end;

    while (is_blank (*text))
        text++;
    end = text + strlen (text);
    while (end > text && is_blank (end[-1]))
        end--;
    *end = '\0';
    return text;
}

static gboolean name_is_good (const char *name)
{
    gsize len = strlen (name);

    if (len == 0 || len > 64 || !g_ascii_isalnum (name[0]))
        return FALSE;
    for (const char *p = name; *p != '\0'; p++) {
        if (!g_ascii_isalnum (*p) && strchr ("-_.", *p) == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean key_is_good (const char *key)
{
    return g_ascii_islower (key[0]) && strspn (key, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen (key);
}

/* `text` begins with [ */
static void keyfile_group_line (Keyfile *k, char *text)
{
    gsize len = strlen (text);
    char *kind = text + 1, *name;

    k->in_group = TRUE;
    k->skip = TRUE;
    if (text[len - 1] != ']') {
        keyfile_problem (k, NULL, "a group without its end: expected [kind name]");
        return;
    }
    text[len - 1] = '\0';
    kind = trim (kind);
    name = kind + strcspn (kind, " \t");
    if (*name != '\0')
        *name++ = '\0';
    name = trim (name);
    if (!key_is_good (kind) || (*name != '\0' && !name_is_good (name))) {
        keyfile_problem (k, NULL,
                         "not the name of a group: expected [kind name] with letters, digits, - _ . (at most 64)");
        return;
    }
    k->skip = !k->handler->group (k->data, kind, name, k->line);
}

static void keyfile_key_line (Keyfile *k, char *text)
{
    char *equals = strchr (text, '='), *key;

    if (equals == NULL) {
        keyfile_problem (k, NULL, "neither a [group], a key=value nor a # remark");
        return;
    }
    *equals = '\0';
    key = trim (text);
    if (!key_is_good (key))
        keyfile_problem (k, NULL, "not a key: expected lower-case-with-dashes before the =");
    else if (!k->in_group)
        keyfile_problem (k, key, "stands before the first [group]");
    else if (!k->skip)
        k->handler->key (k->data, key, trim (equals + 1), k->line);
}

static gboolean line_has_controls (const char *line, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (g_ascii_iscntrl (line[i]) && line[i] != '\t')
            return TRUE;
    }
    return FALSE;
}

static void keyfile_line (Keyfile *k, const char *line, gsize len)
{
    g_autofree char *copy = NULL;
    char *text;

    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len > KEYFILE_MOST_LINE_BYTES) {
        keyfile_problem (k, NULL, "the line is too long: expected at most 64 KiB");
        return;
    }
    if (line_has_controls (line, len)) {
        keyfile_problem (k, NULL, "a control character: expected text");
        return;
    }
    if (!g_utf8_validate (line, (gssize) len, NULL)) {
        keyfile_problem (k, NULL, "not valid UTF-8");
        return;
    }
    copy = g_strndup (line, len);
    text = trim (copy);
    if (*text == '\0' || *text == '#')
        return;
    if (*text == '[')
        keyfile_group_line (k, text);
    else
        keyfile_key_line (k, text);
}

void keyfile_parse (const char *text, gsize len, const KeyfileHandler *handler, gpointer data)
{
    static const char bom[] = "\xef\xbb\xbf";
    Keyfile k = { .handler = handler, .data = data };
    const char *end = text + len;

    if (len > KEYFILE_MOST_BYTES) {
        keyfile_problem (&k, NULL, "the file is too large: expected at most 1 MiB");
        return;
    }
    if (len >= strlen (bom) && memcmp (text, bom, strlen (bom)) == 0)
        text += strlen (bom);
    while (text < end) {
        const char *stop = memchr (text, '\n', (gsize) (end - text));

        k.line++;
        keyfile_line (&k, text, (gsize) ((stop != NULL ? stop : end) - text));
        text = stop != NULL ? stop + 1 : end;
    }
}
