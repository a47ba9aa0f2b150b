/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* selector.c: which meters and points are meant: "tag:panel=east quantity:power.* meter:\"Main hall\" active:all". */
#include <metergate.h>

#include <host/mgh-model.h>
#include <host/mgh-names.h>
#include <string.h>

enum { MAX_TEXT = 4096 };

typedef enum { WORD_TAG, WORD_METER, WORD_CHANNEL, WORD_MEDIUM, WORD_QUANTITY, WORD_KEY, WORD_ACTIVE, N_WORDS } Word;

static const char *const word_names[N_WORDS] = { "tag", "meter", "channel", "medium", "quantity", "key", "active" };

typedef enum { ACTIVE_YES, ACTIVE_NO, ACTIVE_ALL } Active;

struct _MgSelector {
    GPtrArray *values[N_WORDS]; /* patterns, or-ed; NULL: the word does not occur */
    GArray *media;              /* of guint32, for WORD_MEDIUM */
    Active active;
};

/* `*` stands for any run of bytes, `?` for one; no recursion, linear but for the last star. */
static gboolean pattern_matches (const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return FALSE;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* "power.*" means the general quantity "power" as well. */
static gboolean quantity_matches (const char *pattern, const char *quantity)
{
    gsize len = strlen (pattern);

    if (len > 2 && strcmp (pattern + len - 2, ".*") == 0 && strlen (quantity) == len - 2 &&
        strncmp (pattern, quantity, len - 2) == 0)
        return TRUE;
    return pattern_matches (pattern, quantity);
}

/* "panel=east", "panel=*"; "panel": has that tag, whatever its value */
static gboolean tag_matches (const char *pattern, const MgMeter *meter, const MgPoint *point)
{
    const char *mark = strchr (pattern, '=');
    char *key = mark != NULL ? g_strndup (pattern, (gsize) (mark - pattern)) : g_strdup (pattern);
    gboolean found = FALSE;

    for (guint side = 0; side < 2 && !found; side++) {
        const char *const *values = NULL;

        if (side == 0)
            values = mg_meter_get_tags (meter, key);
        else if (point != NULL)
            values = mg_point_get_tags (point, key);
        for (; values != NULL && *values != NULL && !found; values++)
            found = mark == NULL || pattern_matches (mark + 1, *values);
    }
    g_free (key);
    return found;
}

static gboolean meter_named (const char *pattern, const MgMeter *meter)
{
    return pattern_matches (pattern, mg_meter_get_label (meter)) || strcmp (pattern, mg_meter_get_uid (meter)) == 0;
}

static gboolean medium_matches (const MgSelector *s, const MgMeter *meter, const MgPoint *point)
{
    guint32 medium = point != NULL ? mg_point_get_meaning (point)->medium : 0;

    if (medium == 0)
        medium = mg_meter_get_identity (meter)->medium;
    for (guint i = 0; i < s->media->len; i++)
        if (g_array_index (s->media, guint32, i) == medium)
            return TRUE;
    return FALSE;
}

static gboolean word_matches (const MgSelector *s, Word word, const char *pattern, const MgMeter *meter,
                              const MgPoint *point)
{
    switch (word) {
    case WORD_TAG:
        return tag_matches (pattern, meter, point);
    case WORD_METER:
        return meter_named (pattern, meter);
    case WORD_CHANNEL:
        return pattern_matches (pattern, mg_meter_get_channel (meter));
    case WORD_QUANTITY:
        return point != NULL && mg_point_get_meaning (point)->quantity != NULL &&
               quantity_matches (pattern, mg_point_get_meaning (point)->quantity);
    case WORD_KEY:
        return point != NULL && pattern_matches (pattern, mg_point_get_key (point));
    default:
        return medium_matches (s, meter, point);
    }
}

static gboolean any_matches (const MgSelector *s, Word word, const MgMeter *meter, const MgPoint *point)
{
    const GPtrArray *values = s->values[word];

    if (values == NULL)
        return TRUE;
    for (guint i = 0; i < values->len; i++)
        if (word_matches (s, word, values->pdata[i], meter, point))
            return TRUE;
    return FALSE;
}

static gboolean active_matches (const MgSelector *s, gboolean active)
{
    Active wanted = s != NULL ? s->active : ACTIVE_YES;

    return wanted == ACTIVE_ALL || (wanted == ACTIVE_YES) == !!active;
}

static gboolean point_matches (const MgSelector *s, const MgMeter *meter, const MgPoint *point)
{
    if (!active_matches (s, mgh_meter_is_active (meter) && mg_point_is_active (point)))
        return FALSE;
    for (Word word = 0; s != NULL && word < WORD_ACTIVE; word++)
        if (!any_matches (s, word, meter, point))
            return FALSE;
    return TRUE;
}

gboolean mg_selector_matches (const MgSelector *s, const MgMeter *meter, const MgPoint *point)
{
    if (point != NULL)
        return point_matches (s, meter, point);
    for (guint i = 0; i < mg_meter_get_n_points (meter); i++)
        if (point_matches (s, meter, mg_meter_get_point (meter, i)))
            return TRUE;
    return mg_meter_get_n_points (meter) == 0 && mgh_selector_matches_meter (s, meter);
}

gboolean mgh_selector_matches_meter (const MgSelector *s, const MgMeter *meter)
{
    static const Word words[] = { WORD_METER, WORD_CHANNEL, WORD_TAG, WORD_MEDIUM };

    if ((s == NULL || s->active == ACTIVE_YES) && !mgh_meter_is_active (meter))
        return FALSE;
    for (guint i = 0; s != NULL && i < G_N_ELEMENTS (words); i++) {
        gboolean found = any_matches (s, words[i], meter, NULL);
        gboolean by_point = words[i] == WORD_TAG || words[i] == WORD_MEDIUM;

        for (guint k = 0; !found && by_point && k < mg_meter_get_n_points (meter); k++)
            found = any_matches (s, words[i], meter, mg_meter_get_point (meter, k));
        if (!found)
            return FALSE;
    }
    return TRUE;
}

gboolean mgh_selector_is_all (const MgSelector *s)
{
    for (Word word = 0; s != NULL && word < WORD_ACTIVE; word++)
        if (s->values[word] != NULL)
            return FALSE;
    return TRUE;
}

/* Takes the next word off *at, with its quotes undone; FALSE and an error when a quote stays open. */
static gboolean selector_next (const char **at, GString *word, GError **error)
{
    const char *start = *at;
    gboolean quoted = FALSE;

    g_string_truncate (word, 0);
    for (; **at != '\0' && (quoted || !g_ascii_isspace (**at)); ++*at) {
        if (**at == '"')
            quoted = !quoted;
        else
            g_string_append_c (word, **at);
    }
    if (quoted)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "selector: %s: a quotation mark is not closed", start);
    return !quoted;
}

static gboolean selector_set_active (MgSelector *s, const char *value, GError **error)
{
    static const char *const names[] = { "yes", "no", "all" };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        if (strcmp (value, names[i]) == 0) {
            s->active = (Active) i;
            return TRUE;
        }
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "selector: active:%s: expected yes, no or all", value);
    return FALSE;
}

static gboolean selector_add_medium (MgSelector *s, const char *value, GError **error)
{
    guint32 medium;

    if (!mgh_medium_parse (value, &medium)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "selector: medium:%s: not a medium, expected a name as \"heat\" or a number", value);
        return FALSE;
    }
    g_array_append_val (s->media, medium);
    return TRUE;
}

static gboolean selector_add (MgSelector *s, const char *text, GError **error)
{
    const char *colon = strchr (text, ':');
    Word word = 0;

    if (strcmp (text, "*") == 0)
        return TRUE;
    for (; colon != NULL && word < N_WORDS; word++)
        if (strncmp (text, word_names[word], (gsize) (colon - text)) == 0 && word_names[word][colon - text] == '\0')
            break;
    if (colon == NULL || word == N_WORDS) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "selector: %s: expected tag:, meter:, channel:, medium:, quantity:, key: or active: and a value",
                     text);
        return FALSE;
    }
    if (colon[1] == '\0' || (word == WORD_TAG && colon[1] == '=')) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "selector: %s: expected a %s after the colon", text,
                     word == WORD_TAG ? "tag" : "value");
        return FALSE;
    }
    if (word == WORD_ACTIVE)
        return selector_set_active (s, colon + 1, error);
    if (word == WORD_MEDIUM && !selector_add_medium (s, colon + 1, error))
        return FALSE;
    if (s->values[word] == NULL)
        s->values[word] = g_ptr_array_new_with_free_func (g_free);
    g_ptr_array_add (s->values[word], g_strdup (colon + 1));
    return TRUE;
}

MgSelector *mgh_selector_parse (const char *text, GError **error)
{
    MgSelector *s;
    GString *word;
    gboolean good = TRUE;

    if (strlen (text) > MAX_TEXT) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "selector: %zu bytes, expected at most %d", strlen (text),
                     MAX_TEXT);
        return NULL;
    }
    s = g_new0 (MgSelector, 1);
    s->media = g_array_new (FALSE, FALSE, sizeof (guint32));
    word = g_string_new (NULL);
    while (good) {
        while (g_ascii_isspace (*text))
            text++;
        if (*text == '\0')
            break;
        good = selector_next (&text, word, error) && selector_add (s, word->str, error);
    }
    g_string_free (word, TRUE);
    if (!good)
        g_clear_pointer (&s, mgh_selector_free);
    return s;
}

void mgh_selector_free (MgSelector *s)
{
    if (s == NULL)
        return;
    for (Word word = 0; word < N_WORDS; word++)
        g_clear_pointer (&s->values[word], g_ptr_array_unref);
    g_array_unref (s->media);
    g_free (s);
}
