/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* allot.c: numbers that stay, kept in the store's small state in buckets, so that one more costs a few lines. */
#include <metergate.h>

#include <serve/allot.h>

#include <string.h>

#define BUCKETS 256

typedef struct {
    guint64 first, width;
    char *key;
} Allotment;

typedef struct {
    GPtrArray *sorted; /* Allotment, by first; they never overlap */
    GHashTable *by_key;
} Space;

struct _Allotments {
    GMutex lock;
    Store *store;
    char *owner;
    GHashTable *spaces;
};

static void allotment_free (gpointer data)
{
    g_free (((Allotment *) data)->key);
    g_free (data);
}

static void space_free (gpointer data)
{
    Space *space = data;

    g_hash_table_unref (space->by_key);
    g_ptr_array_unref (space->sorted);
    g_free (space);
}

static char *bucket_key (const char *space, guint bucket)
{
    return g_strdup_printf ("allot:%s:%u", space, bucket);
}

/* The index of the first one that begins at `first` or later. */
static guint space_place (const Space *space, guint64 first)
{
    guint low = 0, high = space->sorted->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (((Allotment *) space->sorted->pdata[middle])->first < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static gboolean space_is_free (const Space *space, guint64 first, guint64 width)
{
    guint at = space_place (space, first);
    const Allotment *next = at < space->sorted->len ? space->sorted->pdata[at] : NULL;
    const Allotment *before = at > 0 ? space->sorted->pdata[at - 1] : NULL;

    return (next == NULL || first + width <= next->first) && (before == NULL || before->first + before->width <= first);
}

static void space_add (Space *space, guint64 first, guint64 width, const char *key)
{
    Allotment *a = g_new (Allotment, 1);

    *a = (Allotment){ first, width, g_strdup (key) };
    g_ptr_array_insert (space->sorted, (gint) space_place (space, first), a);
    g_hash_table_insert (space->by_key, a->key, a);
}

/* Lines "FIRST WIDTH KEY"; what makes no sense is passed over. */
static void space_load_bucket (Space *space, GBytes *bytes)
{
    g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *end;
        guint64 first = g_ascii_strtoull (lines[i], &end, 10);
        guint64 width = g_ascii_strtoull (end, &end, 10);

        if (*end == ' ' && end[1] != '\0' && first <= G_MAXUINT32 && width >= 1 && width <= G_MAXUINT32 &&
            !g_hash_table_contains (space->by_key, end + 1) && space_is_free (space, first, width))
            space_add (space, first, width, end + 1);
    }
}

static Space *allotments_space (Allotments *allotments, const char *name)
{
    Space *space = g_hash_table_lookup (allotments->spaces, name);

    if (space != NULL)
        return space;
    space = g_new (Space, 1);
    space->sorted = g_ptr_array_new_with_free_func (allotment_free);
    space->by_key = g_hash_table_new (g_str_hash, g_str_equal);
    for (guint i = 0; i < BUCKETS; i++) {
        g_autofree char *key = bucket_key (name, i);
        g_autoptr (GBytes) bytes = store_state_get (allotments->store, allotments->owner, key);
        if (bytes != NULL)
            space_load_bucket (space, bytes);
    }
    g_hash_table_insert (allotments->spaces, g_strdup (name), space);
    return space;
}

static void allotments_save (Allotments *allotments, const char *name, const Space *space, const char *key)
{
    guint bucket = g_str_hash (key) % BUCKETS;
    g_autofree char *state_key = bucket_key (name, bucket);
    GString *text = g_string_new (NULL);

    for (guint i = 0; i < space->sorted->len; i++) {
        const Allotment *a = space->sorted->pdata[i];
        if (g_str_hash (a->key) % BUCKETS == bucket)
            g_string_append_printf (text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\n", a->first, a->width,
                                    a->key);
    }
    gboolean empty = text->len == 0;
    g_autoptr (GBytes) bytes = g_string_free_to_bytes (text);
    store_state_put (allotments->store, allotments->owner, state_key, empty ? NULL : bytes);
}

/* The first gap of that width; FALSE: there is none. */
static gboolean space_find_gap (const Space *space, guint64 low, guint64 high, guint64 width, guint64 *first)
{
    guint64 at = low;

    for (guint i = 0; i < space->sorted->len && at + width - 1 <= high; i++) {
        const Allotment *a = space->sorted->pdata[i];
        if (a->first + a->width <= at)
            continue;
        if (at + width <= a->first)
            break;
        at = a->first + a->width;
    }
    *first = at;
    return at + width - 1 <= high;
}

static void space_drop (Space *space, const char *key)
{
    Allotment *a = g_hash_table_lookup (space->by_key, key);

    g_hash_table_remove (space->by_key, key);
    g_ptr_array_remove (space->sorted, a);
}

Allotments *allotments_new (Store *store, const char *owner)
{
    Allotments *allotments = g_new0 (Allotments, 1);

    g_mutex_init (&allotments->lock);
    allotments->store = store;
    allotments->owner = g_strdup (owner);
    allotments->spaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, space_free);
    return allotments;
}

void allotments_free (Allotments *allotments)
{
    g_hash_table_unref (allotments->spaces);
    g_free (allotments->owner);
    g_mutex_clear (&allotments->lock);
    g_free (allotments);
}

static gboolean space_allot (Allotments *allotments, const char *name, Space *space, const char *key, guint64 low,
                             guint64 high, guint64 width, guint64 wish, guint64 *first)
{
    const Allotment *old = g_hash_table_lookup (space->by_key, key);

    if (old != NULL && old->width == width && old->first >= low && old->first + width - 1 <= high) {
        *first = old->first;
        return TRUE;
    }
    if (old != NULL)
        space_drop (space, key); /* other numbers are asked for: those of before are given back */
    *first = wish;
    gboolean found = (wish != 0 && wish >= low && wish + width - 1 <= high && space_is_free (space, wish, width)) ||
                     space_find_gap (space, low, high, width, first);
    if (found)
        space_add (space, *first, width, key);
    if (found || old != NULL)
        allotments_save (allotments, name, space, key);
    return found;
}

gboolean allotments_allot (Allotments *allotments, const char *space, const char *key, guint32 low, guint32 high,
                           guint32 width, guint32 wish, guint32 *first, GError **error)
{
    guint64 found = 0;
    gboolean good = *key != '\0' && strchr (key, '\n') == NULL && width > 0 && low <= high;

    if (!good) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "%s: %u numbers from %u to %u for \"%s\": no such range or key",
                     space, width, low, high, key);
        return FALSE;
    }
    g_mutex_lock (&allotments->lock);
    good = space_allot (allotments, space, allotments_space (allotments, space), key, low, high, width, wish, &found);
    g_mutex_unlock (&allotments->lock);
    if (good)
        *first = (guint32) found;
    else
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "%s: no %u numbers in a row are free from %u to %u for \"%s\"",
                     space, width, low, high, key);
    return good;
}

void allotments_release (Allotments *allotments, const char *space, const char *key)
{
    g_mutex_lock (&allotments->lock);
    Space *s = allotments_space (allotments, space);
    if (g_hash_table_contains (s->by_key, key)) {
        g_autofree char *kept = g_strdup (key);
        space_drop (s, kept);
        allotments_save (allotments, space, s, kept);
    }
    g_mutex_unlock (&allotments->lock);
}
