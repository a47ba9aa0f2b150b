/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meaning.c: meanings that many points share: a thousand meters of one type have the same ones. */
#include "meaning.h"

#include "packed.h"

#include <string.h>

typedef struct {
    MgMeaning meaning; /* first, so that a pointer to it is one to the whole */
    guint refs;
    char text[];
} SharedMeaning;

static GMutex pool_lock;
static GHashTable *pool; /* of SharedMeaning, by its meaning; none while it is empty */

static guint text_hash (const char *text)
{
    return text == NULL ? 0 : g_str_hash (text);
}

static guint meaning_hash (gconstpointer data)
{
    const MgMeaning *m = data;
    guint hash = text_hash (m->quantity);

    hash = hash * 31 + text_hash (m->name);
    hash = hash * 31 + text_hash (m->unit_text);
    hash = hash * 31 + m->unit;
    hash = hash * 31 + m->func;
    hash = hash * 31 + (guint) m->storage;
    hash = hash * 31 + m->tariff;
    hash = hash * 31 + m->subunit;
    return hash * 31 + (m->obis.c << 16 | m->obis.d << 8 | m->obis.e);
}

static gboolean meaning_equal (gconstpointer one, gconstpointer other)
{
    const MgMeaning *a = one, *b = other;

    return g_strcmp0 (a->quantity, b->quantity) == 0 && g_strcmp0 (a->name, b->name) == 0 && a->kind == b->kind &&
           a->unit == b->unit && a->func == b->func && a->medium == b->medium &&
           g_strcmp0 (a->unit_text, b->unit_text) == 0 && memcmp (&a->obis, &b->obis, sizeof a->obis) == 0 &&
           a->storage == b->storage && a->tariff == b->tariff && a->subunit == b->subunit &&
           a->wrap.type == b->wrap.type && a->wrap.exponent == b->wrap.exponent &&
           a->wrap.v.number == b->wrap.v.number && a->states == b->states;
}

static SharedMeaning *meaning_copy (const MgMeaning *from)
{
    gsize size = packed_size (from->quantity) + packed_size (from->name) + packed_size (from->unit_text);
    SharedMeaning *shared;
    char *at;

    shared = g_malloc (sizeof *shared + size);
    shared->meaning = *from;
    shared->refs = 1;
    at = shared->text;
    shared->meaning.quantity = packed_put (&at, from->quantity);
    shared->meaning.name = packed_put (&at, from->name);
    shared->meaning.unit_text = packed_put (&at, from->unit_text);
    return shared;
}

const MgMeaning *meaning_share (const MgMeaning *from)
{
    MgMeaning plain = *from;
    SharedMeaning *shared;

    plain.struct_size = sizeof plain;
    plain.raw = NULL;
    plain.raw_len = plain.raw_head_len = 0;
    if (plain.wrap.type != MG_VALUE_DECIMAL)
        plain.wrap = (MgValue){ 0 };
    g_mutex_lock (&pool_lock);
    if (pool == NULL)
        pool = g_hash_table_new_full (meaning_hash, meaning_equal, g_free, NULL);
    shared = g_hash_table_lookup (pool, &plain);
    if (shared != NULL) {
        shared->refs++;
    } else {
        shared = meaning_copy (&plain);
        g_hash_table_add (pool, shared);
    }
    g_mutex_unlock (&pool_lock);
    return &shared->meaning;
}

void meaning_release (const MgMeaning *meaning)
{
    SharedMeaning *shared = (SharedMeaning *) meaning;

    g_mutex_lock (&pool_lock);
    if (--shared->refs == 0) {
        g_hash_table_remove (pool, shared);
        if (g_hash_table_size (pool) == 0)
            g_clear_pointer (&pool, g_hash_table_unref);
    }
    g_mutex_unlock (&pool_lock);
}
