/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meters.c: rows of meters, devices, points and tags: written by the queue, loaded at start. */
#include "store-private.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    StoreJob job;
    StoreMeter meter;
} MeterJob;

typedef struct {
    StoreJob job;
    StoreDevice device;
} DeviceJob;

typedef struct {
    StoreJob job;
    StorePoint point;
} PointJob;

typedef struct {
    StoreJob job;
    gint64 meter;
    gint idx;
    char **tags;
} TagsJob;

static void meters_bind_optional (sqlite3_stmt *s, int column, gint64 n)
{
    if (n == 0)
        sqlite3_bind_null (s, column);
    else
        sqlite3_bind_int64 (s, column, n);
}

static const char *meters_text (const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* ---- meters */

static int meter_run (Store *store, StoreJob *job)
{
    const StoreMeter *m = &((MeterJob *) job)->meter;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (
        db, "INSERT INTO meter (id, uid, label, medium, active, keep, settings, rev, removed_ms) VALUES (?, ?, ?, ?, "
            "?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET uid = excluded.uid, label = excluded.label, medium = excluded.medium,"
            " active = excluded.active, keep = excluded.keep, settings = excluded.settings, rev = excluded.rev,"
            " removed_ms = excluded.removed_ms");

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, m->id);
    store_bind_text (s, 2, m->uid);
    store_bind_text (s, 3, meters_text (m->label, ""));
    sqlite3_bind_int64 (s, 4, m->medium);
    sqlite3_bind_int64 (s, 5, m->active != FALSE);
    store_bind_text (s, 6, meters_text (m->keep, "all"));
    store_bind_text (s, 7, meters_text (m->settings, "{}"));
    sqlite3_bind_int64 (s, 8, m->rev);
    meters_bind_optional (s, 9, m->removed_ms);
    return store_db_run (db, s);
}

static void meter_free (StoreJob *job)
{
    StoreMeter *m = &((MeterJob *) job)->meter;

    g_free ((char *) m->uid);
    g_free ((char *) m->label);
    g_free ((char *) m->keep);
    g_free ((char *) m->settings);
}

static const StoreJobKind meter_kind = {
    .name = "meter", .database = STORE_DB_STATE, .run = meter_run, .free_data = meter_free
};

void store_put_meter (Store *store, const StoreMeter *meter)
{
    MeterJob *j = (MeterJob *) store_job_new (&meter_kind, sizeof *j);

    j->meter = *meter;
    j->meter.uid = g_strdup (meter->uid);
    j->meter.label = g_strdup (meter->label);
    j->meter.keep = g_strdup (meter->keep);
    j->meter.settings = g_strdup (meter->settings);
    store_queue_job (store, &j->job);
}

static int meters_load_meters (StoreDb *db, const StoreLoad *load, gpointer data)
{
    sqlite3_stmt *s = store_db_prepare (
        db, "SELECT id, uid, label, medium, active, keep, settings, rev, removed_ms FROM meter ORDER BY id");
    int code;

    if (s == NULL)
        return db->code;
    while ((code = sqlite3_step (s)) == SQLITE_ROW) {
        StoreMeter m = {
            .id = sqlite3_column_int64 (s, 0),
            .uid = store_column_text (s, 1),
            .label = store_column_text (s, 2),
            .medium = (guint32) sqlite3_column_int64 (s, 3),
            .active = sqlite3_column_int (s, 4) != 0,
            .keep = store_column_text (s, 5),
            .settings = store_column_text (s, 6),
            .rev = sqlite3_column_int64 (s, 7),
            .removed_ms = sqlite3_column_int64 (s, 8),
        };

        load->meter (data, &m);
    }
    return code == SQLITE_DONE ? SQLITE_OK : store_db_failed (db);
}

/* ---- devices */

static int device_run (Store *store, StoreJob *job)
{
    const StoreDevice *d = &((DeviceJob *) job)->device;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "INSERT INTO device (id, meter, channel, address, identity, settings, "
                                            "from_seq, to_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                                            " ON CONFLICT (id) DO UPDATE SET meter = excluded.meter, channel = "
                                            "excluded.channel, address = excluded.address,"
                                            " identity = excluded.identity, settings = excluded.settings, from_seq = "
                                            "excluded.from_seq, to_seq = excluded.to_seq");

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, d->id);
    sqlite3_bind_int64 (s, 2, d->meter);
    store_bind_text (s, 3, meters_text (d->channel, ""));
    store_bind_text (s, 4, meters_text (d->address, ""));
    store_bind_text (s, 5, meters_text (d->identity, ""));
    store_bind_text (s, 6, meters_text (d->settings, "{}"));
    sqlite3_bind_int64 (s, 7, d->from_seq);
    meters_bind_optional (s, 8, d->to_seq);
    return store_db_run (db, s);
}

static void device_free (StoreJob *job)
{
    StoreDevice *d = &((DeviceJob *) job)->device;

    g_free ((char *) d->channel);
    g_free ((char *) d->address);
    g_free ((char *) d->identity);
    g_free ((char *) d->settings);
}

static const StoreJobKind device_kind = {
    .name = "device", .database = STORE_DB_STATE, .run = device_run, .free_data = device_free
};

void store_put_device (Store *store, const StoreDevice *device)
{
    DeviceJob *j = (DeviceJob *) store_job_new (&device_kind, sizeof *j);

    j->device = *device;
    j->device.channel = g_strdup (device->channel);
    j->device.address = g_strdup (device->address);
    j->device.identity = g_strdup (device->identity);
    j->device.settings = g_strdup (device->settings);
    store_queue_job (store, &j->job);
}

static int meters_load_devices (StoreDb *db, const StoreLoad *load, gpointer data)
{
    sqlite3_stmt *s = store_db_prepare (
        db, "SELECT id, meter, channel, address, identity, settings, from_seq, to_seq FROM device ORDER BY id");
    int code;

    if (s == NULL)
        return db->code;
    while ((code = sqlite3_step (s)) == SQLITE_ROW) {
        StoreDevice d = {
            .id = sqlite3_column_int64 (s, 0),
            .meter = sqlite3_column_int64 (s, 1),
            .channel = store_column_text (s, 2),
            .address = store_column_text (s, 3),
            .identity = store_column_text (s, 4),
            .settings = store_column_text (s, 5),
            .from_seq = sqlite3_column_int64 (s, 6),
            .to_seq = sqlite3_column_int64 (s, 7),
        };

        load->device (data, &d);
    }
    return code == SQLITE_DONE ? SQLITE_OK : store_db_failed (db);
}

/* ---- points */

/* "1-0:1.8.0*255" would need names for groups not given; six numbers do not. */
static char *point_obis_text (const MgObis *obis)
{
    return obis->given ? g_strdup_printf ("%u.%u.%u.%u.%u.%u", obis->a, obis->b, obis->c, obis->d, obis->e, obis->f)
                       : NULL;
}

static MgObis point_obis_parse (const char *text)
{
    MgObis obis = { 0 };
    guint n[6];

    if (sscanf (text, "%u.%u.%u.%u.%u.%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]) == 6)
        obis =
            (MgObis) MG_OBIS ((guint8) n[0], (guint8) n[1], (guint8) n[2], (guint8) n[3], (guint8) n[4], (guint8) n[5]);
    return obis;
}

/* Where a counter starts again: number and exponent, "1e5". */
static char *point_wrap_text (const MgValue *wrap)
{
    return wrap->type == MG_VALUE_DECIMAL ? g_strdup_printf ("%" G_GINT64_FORMAT "e%d", wrap->v.number, wrap->exponent)
                                          : NULL;
}

static MgValue point_wrap_parse (const char *text)
{
    MgValue wrap = { 0 };
    char *end = NULL;
    gint64 number = g_ascii_strtoll (text, &end, 10);

    if (end != text && *end == 'e')
        wrap = (MgValue) MG_DECIMAL (number, (gint8) g_ascii_strtoll (end + 1, NULL, 10));
    return wrap;
}

static void point_bind_meaning (sqlite3_stmt *s, const MgMeaning *m, const char *obis, const char *wrap)
{
    sqlite3_bind_int64 (s, 4, m->kind);
    store_bind_text (s, 5, meters_text (m->quantity, ""));
    store_bind_text (s, 6, m->name);
    sqlite3_bind_int64 (s, 7, m->unit);
    store_bind_text (s, 8, m->unit_text);
    sqlite3_bind_int64 (s, 9, m->func);
    sqlite3_bind_int64 (s, 10, m->medium);
    sqlite3_bind_int64 (s, 11, (gint64) m->storage);
    sqlite3_bind_int64 (s, 12, m->tariff);
    sqlite3_bind_int64 (s, 13, m->subunit);
    store_bind_text (s, 14, obis);
    store_bind_text (s, 15, wrap);
}

static int point_run (Store *store, StoreJob *job)
{
    const StorePoint *p = &((PointJob *) job)->point;
    g_autofree char *obis = point_obis_text (&p->meaning.obis), *wrap = point_wrap_text (&p->meaning.wrap);
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (
        db,
        "INSERT INTO point (meter, idx, key, kind, quantity, name, unit, unit_text, func, medium, storage, tariff, "
        "subunit,"
        " obis, wrap, active, by_hand, rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (meter, idx) DO UPDATE SET key = excluded.key, kind = excluded.kind, quantity = "
        "excluded.quantity,"
        " name = excluded.name, unit = excluded.unit, unit_text = excluded.unit_text, func = excluded.func,"
        " medium = excluded.medium, storage = excluded.storage, tariff = excluded.tariff, subunit = excluded.subunit,"
        " obis = excluded.obis, wrap = excluded.wrap, active = excluded.active, by_hand = excluded.by_hand, rev = "
        "excluded.rev");

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, p->meter);
    sqlite3_bind_int64 (s, 2, p->idx);
    store_bind_text (s, 3, p->key);
    point_bind_meaning (s, &p->meaning, obis, wrap);
    sqlite3_bind_int64 (s, 16, p->active != FALSE);
    store_bind_text (s, 17, meters_text (p->by_hand, "{}"));
    sqlite3_bind_int64 (s, 18, p->rev);
    return store_db_run (db, s);
}

static void point_free (StoreJob *job)
{
    StorePoint *p = &((PointJob *) job)->point;

    g_free ((char *) p->key);
    g_free ((char *) p->by_hand);
    g_free ((char *) p->meaning.quantity);
    g_free ((char *) p->meaning.name);
    g_free ((char *) p->meaning.unit_text);
}

static const StoreJobKind point_kind = {
    .name = "point", .database = STORE_DB_STATE, .run = point_run, .free_data = point_free
};

void store_put_point (Store *store, const StorePoint *point)
{
    PointJob *j = (PointJob *) store_job_new (&point_kind, sizeof *j);
    MgMeaning *m = &j->point.meaning;

    j->point = *point;
    j->point.key = g_strdup (point->key);
    j->point.by_hand = g_strdup (point->by_hand);
    m->quantity = g_strdup (point->meaning.quantity);
    m->name = g_strdup (point->meaning.name);
    m->unit_text = g_strdup (point->meaning.unit_text);
    m->states = NULL;
    m->raw = NULL;
    m->raw_len = m->raw_head_len = 0;
    store_queue_job (store, &j->job);
}

static const char *point_optional (sqlite3_stmt *s, int column)
{
    return (const char *) sqlite3_column_text (s, column);
}

static void point_from_row (sqlite3_stmt *s, StorePoint *p)
{
    *p = (StorePoint){
        .meter = sqlite3_column_int64 (s, 0),
        .idx = (guint) sqlite3_column_int64 (s, 1),
        .key = store_column_text (s, 2),
        .active = sqlite3_column_int (s, 15) != 0,
        .by_hand = store_column_text (s, 16),
        .rev = sqlite3_column_int64 (s, 17),
        .meaning = {
            .struct_size = sizeof (MgMeaning),
            .kind = (guint32) sqlite3_column_int64 (s, 3),
            .quantity = store_column_text (s, 4),
            .name = point_optional (s, 5),
            .unit = (guint32) sqlite3_column_int64 (s, 6),
            .unit_text = point_optional (s, 7),
            .func = (guint32) sqlite3_column_int64 (s, 8),
            .medium = (guint32) sqlite3_column_int64 (s, 9),
            .storage = (guint64) sqlite3_column_int64 (s, 10),
            .tariff = (guint32) sqlite3_column_int64 (s, 11),
            .subunit = (guint32) sqlite3_column_int64 (s, 12),
            .obis = point_obis_parse (store_column_text (s, 13)),
            .wrap = point_wrap_parse (store_column_text (s, 14)),
        },
    };
}

static int meters_load_points (StoreDb *db, const StoreLoad *load, gpointer data)
{
    sqlite3_stmt *s =
        store_db_prepare (db, "SELECT meter, idx, key, kind, quantity, name, unit, unit_text, func, medium, storage,"
                              " tariff, subunit, obis, wrap, active, by_hand, rev FROM point ORDER BY meter, idx");
    int code;

    if (s == NULL)
        return db->code;
    while ((code = sqlite3_step (s)) == SQLITE_ROW) {
        StorePoint p;

        point_from_row (s, &p);
        load->point (data, &p);
    }
    return code == SQLITE_DONE ? SQLITE_OK : store_db_failed (db);
}

/* ---- tags */

static int tags_run (Store *store, StoreJob *job)
{
    TagsJob *t = (TagsJob *) job;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "DELETE FROM tag WHERE meter = ? AND idx = ?");
    int code;

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, t->meter);
    sqlite3_bind_int64 (s, 2, t->idx);
    code = store_db_run (db, s);
    for (guint i = 0; code == SQLITE_OK && t->tags[i] != NULL; i++) {
        const char *mark = strchr (t->tags[i], '=');

        s = store_db_prepare (db, "INSERT OR IGNORE INTO tag (meter, idx, k, v) VALUES (?, ?, ?, ?)");
        if (s == NULL)
            return db->code;
        sqlite3_bind_int64 (s, 1, t->meter);
        sqlite3_bind_int64 (s, 2, t->idx);
        sqlite3_bind_text (s, 3, t->tags[i], mark != NULL ? (int) (mark - t->tags[i]) : -1, SQLITE_STATIC);
        store_bind_text (s, 4, mark != NULL ? mark + 1 : "");
        code = store_db_run (db, s);
    }
    return code;
}

static void tags_free (StoreJob *job)
{
    g_strfreev (((TagsJob *) job)->tags);
}

static const StoreJobKind tags_kind = {
    .name = "tags", .database = STORE_DB_STATE, .run = tags_run, .free_data = tags_free
};

void store_put_tags (Store *store, gint64 meter, gint idx, const char *const *tags)
{
    static const char *const none[] = { NULL };
    TagsJob *j = (TagsJob *) store_job_new (&tags_kind, sizeof *j);

    j->meter = meter;
    j->idx = idx;
    j->tags = g_strdupv ((char **) (tags != NULL ? tags : none));
    store_queue_job (store, &j->job);
}

static int meters_load_tags (StoreDb *db, const StoreLoad *load, gpointer data)
{
    sqlite3_stmt *s = store_db_prepare (db, "SELECT meter, idx, k, v FROM tag ORDER BY meter, idx, k, v");
    int code;

    if (s == NULL)
        return db->code;
    while ((code = sqlite3_step (s)) == SQLITE_ROW)
        load->tag (data, sqlite3_column_int64 (s, 0), sqlite3_column_int (s, 1), store_column_text (s, 2),
                   store_column_text (s, 3));
    return code == SQLITE_DONE ? SQLITE_OK : store_db_failed (db);
}

/* ---- all of them */

gboolean store_load (Store *store, const StoreLoad *load, gpointer data, GError **error)
{
    StoreReader *reader = store_reader_take (store, error);
    int code;

    if (reader == NULL)
        return FALSE;
    code = load->meter != NULL ? meters_load_meters (reader->state, load, data) : SQLITE_OK;
    if (code == SQLITE_OK && load->device != NULL)
        code = meters_load_devices (reader->state, load, data);
    if (code == SQLITE_OK && load->point != NULL)
        code = meters_load_points (reader->state, load, data);
    if (code == SQLITE_OK && load->tag != NULL)
        code = meters_load_tags (reader->state, load, data);
    if (code != SQLITE_OK)
        store_db_set_error (reader->state, "meters cannot be loaded", error);
    store_reader_give (store, reader);
    return code == SQLITE_OK;
}
