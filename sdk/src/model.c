/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* model.c: meters and points as formats and services see them: immutable, shared by reference over threads. */
#include <metergate.h>

#include <host/mgh-model.h>
#include <host/mgh-names.h>
#include <string.h>

#include "meaning.h"
#include "packed.h"
#include "tags.h"

struct _MgPoint {
    gint refs;
    guint index;
    gboolean active;
    const MgMeaning *meaning;
    const char *key, *label, *description, *unit; /* in `text`, or static */
    Tags *tags;
    char text[];
};

struct _MgMeter {
    gint refs;
    guint32 id, device;
    const char *uid, *label, *channel, *address, *interface;
    MgIdentity identity;
    gboolean active;
    Tags *tags;
    GStringChunk *text;
    const MgCommand **commands; /* then NULL */
    guint n_points;
    MgPoint **points;
    guint mask;     /* of the table of keys */
    guint32 *table; /* index + 1 of a point; 0: free */
};

static const char *point_unit (const MgMeaning *m)
{
    if (m->unit_text != NULL && (m->unit == MG_UNIT_OTHER || m->unit == MG_UNIT_CURRENCY))
        return m->unit_text;
    return mgh_unit_text (m->unit);
}

MgPoint *mgh_point_new (guint index, const MghPointInfo *info)
{
    MgPoint *p;
    char *at;

    g_return_val_if_fail (info->key != NULL, NULL);
    p = g_malloc (sizeof *p + packed_size (info->key) + packed_size (info->label) + packed_size (info->description));
    at = p->text;
    p->refs = 1;
    p->index = index;
    p->active = info->active;
    p->key = packed_put (&at, info->key);
    p->label = packed_put (&at, info->label);
    p->description = packed_put (&at, info->description);
    p->meaning = meaning_share (&info->meaning);
    p->unit = point_unit (p->meaning);
    p->tags = tags_new (info->tags);
    return p;
}

MgPoint *mgh_point_ref (MgPoint *p)
{
    g_atomic_int_inc (&p->refs);
    return p;
}

void mgh_point_unref (MgPoint *p)
{
    if (p == NULL || !g_atomic_int_dec_and_test (&p->refs))
        return;
    tags_free (p->tags);
    meaning_release (p->meaning);
    g_free (p);
}

guint mg_point_get_index (const MgPoint *p)
{
    return p->index;
}

const char *mg_point_get_key (const MgPoint *p)
{
    return p->key;
}

const char *mg_point_get_label (const MgPoint *p)
{
    return p->label != NULL ? p->label : "";
}

gboolean mg_point_is_active (const MgPoint *p)
{
    return p->active;
}

const char *mg_point_get_unit (const MgPoint *p)
{
    return p->unit;
}

const char *const *mg_point_get_tags (const MgPoint *p, const char *k)
{
    return tags_get (p->tags, k);
}

const MgMeaning *mg_point_get_meaning (const MgPoint *p)
{
    return p->meaning;
}

const char *mgh_point_get_description (const MgPoint *p)
{
    return p->description;
}

/* The place of `key` in the meter's table of points: taken by it, or free. */
static guint32 *meter_slot (const MgMeter *m, const char *key)
{
    guint at = g_str_hash (key) & m->mask;

    while (m->table[at] != 0 && strcmp (m->points[m->table[at] - 1]->key, key) != 0)
        at = (at + 1) & m->mask;
    return &m->table[at];
}

static const char *meter_text (MgMeter *m, const char *text)
{
    return text == NULL || text[0] == '\0' ? "" : g_string_chunk_insert_const (m->text, text);
}

static void meter_copy_identity (MgMeter *m, const MgIdentity *from)
{
    m->identity.struct_size = sizeof m->identity;
    m->identity.version = from->version;
    m->identity.medium = from->medium;
    m->identity.serial = from->serial != NULL ? meter_text (m, from->serial) : NULL;
    m->identity.manufacturer = from->manufacturer != NULL ? meter_text (m, from->manufacturer) : NULL;
    m->identity.model = from->model != NULL ? meter_text (m, from->model) : NULL;
    m->identity.firmware = from->firmware != NULL ? meter_text (m, from->firmware) : NULL;
}

static void meter_set_commands (MgMeter *m, const MgCommand *const *commands)
{
    guint n = 0;

    while (commands != NULL && commands[n] != NULL)
        n++;
    m->commands = g_new0 (const MgCommand *, n + 1);
    if (n > 0)
        memcpy (m->commands, commands, n * sizeof *commands);
}

MgMeter *mgh_meter_new (const MghMeterInfo *info, MgPoint *const *points, guint n_points)
{
    MgMeter *m = g_new0 (MgMeter, 1);
    guint size = 4;

    m->refs = 1;
    m->id = info->id;
    m->device = info->device;
    m->active = info->active;
    m->text = g_string_chunk_new (128);
    m->uid = meter_text (m, info->uid);
    m->label = meter_text (m, info->label);
    m->channel = meter_text (m, info->channel);
    m->address = meter_text (m, info->address);
    m->interface = meter_text (m, info->interface);
    m->tags = tags_new (info->tags);
    meter_copy_identity (m, &info->identity);
    meter_set_commands (m, info->commands);
    while (size < n_points + n_points / 2)
        size *= 2;
    m->mask = size - 1;
    m->table = g_new0 (guint32, size);
    m->points = g_new (MgPoint *, n_points);
    m->n_points = n_points;
    for (guint i = 0; i < n_points; i++) {
        m->points[i] = mgh_point_ref (points[i]);
        *meter_slot (m, m->points[i]->key) = i + 1;
    }
    return m;
}

MgMeter *mgh_meter_ref (const MgMeter *m)
{
    MgMeter *own = (MgMeter *) m; /* immutable but for its count */

    g_atomic_int_inc (&own->refs);
    return own;
}

void mgh_meter_unref (MgMeter *m)
{
    if (m == NULL || !g_atomic_int_dec_and_test (&m->refs))
        return;
    for (guint i = 0; i < m->n_points; i++)
        mgh_point_unref (m->points[i]);
    g_free (m->points);
    g_free (m->table);
    g_free (m->commands);
    tags_free (m->tags);
    g_string_chunk_free (m->text);
    g_free (m);
}

guint32 mgh_meter_get_device (const MgMeter *m)
{
    return m->device;
}

gboolean mgh_meter_is_active (const MgMeter *m)
{
    return m->active;
}

const char *mgh_meter_get_interface (const MgMeter *m)
{
    return m->interface;
}

const char *const *mgh_meter_get_all_tags (const MgMeter *m)
{
    return tags_get_all (m->tags);
}

guint32 mg_meter_get_id (const MgMeter *m)
{
    return m->id;
}

const char *mg_meter_get_uid (const MgMeter *m)
{
    return m->uid;
}

const char *mg_meter_get_label (const MgMeter *m)
{
    return m->label;
}

const char *mg_meter_get_address (const MgMeter *m)
{
    return m->address;
}

const char *mg_meter_get_channel (const MgMeter *m)
{
    return m->channel;
}

const MgIdentity *mg_meter_get_identity (const MgMeter *m)
{
    return &m->identity;
}

const char *const *mg_meter_get_tags (const MgMeter *m, const char *key)
{
    return tags_get (m->tags, key);
}

const MgCommand *mg_meter_get_command (const MgMeter *m, guint i)
{
    for (guint k = 0; m->commands[k] != NULL; k++)
        if (k == i)
            return m->commands[k];
    return NULL;
}

guint mg_meter_get_n_points (const MgMeter *m)
{
    return m->n_points;
}

const MgPoint *mg_meter_get_point (const MgMeter *m, guint index)
{
    return index < m->n_points ? m->points[index] : NULL;
}

const MgPoint *mg_meter_find_point (const MgMeter *m, const char *key)
{
    guint32 found = *meter_slot (m, key);

    return found != 0 ? m->points[found - 1] : NULL;
}
