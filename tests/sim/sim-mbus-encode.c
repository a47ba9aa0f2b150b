/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-encode.c: telegrams of simulated meters (EN 13757-3 variable and fixed data), made from short record
 * templates. */
#include "sim-mbus-private.h"

#include <string.h>

/* the 12 bytes of the long header are not counted; above this a telegram does not pass every modem */
#define ENCODE_MAX_RECORDS 234

typedef enum { SHAPE_COUNTER, SHAPE_LEVEL, SHAPE_CLOCK, SHAPE_FABRICATION, SHAPE_FLAGS } EncodeShape;

typedef struct {
    EncodeShape shape;
    guint8 dif; /* data field only */
    guint8 n_vif;
    guint8 vif[3];
    guint32 base;  /* of a level; added to a counter */
    guint32 swing; /* a level moves in 0..swing; a counter rises by this for each step */
} EncodeRecord;

static const EncodeRecord heat_records[] = {
    { SHAPE_COUNTER, 0x0C, 1, { 0x06 }, 0, 1 },      /* energy, kWh */
    { SHAPE_COUNTER, 0x0C, 1, { 0x13 }, 40000, 17 }, /* volume, litre */
    { SHAPE_LEVEL, 0x0B, 1, { 0x2D }, 50, 30 },      /* power, 100 W */
    { SHAPE_LEVEL, 0x0B, 1, { 0x3B }, 300, 200 },    /* flow, l/h */
    { SHAPE_LEVEL, 0x0A, 1, { 0x5A }, 650, 90 },     /* flow temperature, 0.1 degrees */
    { SHAPE_LEVEL, 0x0A, 1, { 0x5E }, 410, 60 },     /* return temperature */
    { SHAPE_LEVEL, 0x0A, 1, { 0x62 }, 210, 50 },     /* difference */
    { SHAPE_CLOCK, 0x04, 1, { 0x6D } },              /* date and time, type F */
    { SHAPE_COUNTER, 0x04, 1, { 0x26 }, 9000, 1 },   /* operating time, h */
    { SHAPE_FABRICATION, 0x0C, 1, { 0x78 } },
};

static const EncodeRecord electricity_records[] = {
    { SHAPE_COUNTER, 0x06, 1, { 0x03 }, 0, 1 },           /* energy, Wh */
    { SHAPE_COUNTER, 0x04, 2, { 0x83, 0x3C }, 1200, 3 },  /* energy fed back, Wh */
    { SHAPE_LEVEL, 0x04, 1, { 0x2B }, 2300, 900 },        /* power, W */
    { SHAPE_LEVEL, 0x02, 2, { 0xFD, 0x48 }, 2290, 40 },   /* voltage, 0.1 V */
    { SHAPE_LEVEL, 0x04, 2, { 0xFD, 0x59 }, 9800, 4000 }, /* current, mA */
    { SHAPE_LEVEL, 0x02, 2, { 0xFB, 0x2D }, 4995, 10 },   /* frequency, 0.01 Hz */
    { SHAPE_CLOCK, 0x04, 1, { 0x6D } },
    { SHAPE_FLAGS, 0x02, 2, { 0xFD, 0x17 } },       /* error flags */
    { SHAPE_COUNTER, 0x04, 1, { 0x22 }, 17000, 1 }, /* on time, h */
    { SHAPE_FABRICATION, 0x0C, 1, { 0x78 } },
};

static const EncodeRecord volume_records[] = {
    { SHAPE_COUNTER, 0x0C, 1, { 0x13 }, 0, 1 },  /* volume, litre */
    { SHAPE_LEVEL, 0x0B, 1, { 0x3B }, 120, 80 }, /* flow, l/h */
    { SHAPE_CLOCK, 0x04, 1, { 0x6D } },
    { SHAPE_COUNTER, 0x04, 2, { 0x93, 0x3C }, 5, 1 }, /* volume backwards, litre */
    { SHAPE_LEVEL, 0x0A, 1, { 0x5A }, 120, 30 },
    { SHAPE_FLAGS, 0x02, 2, { 0xFD, 0x17 } },
    { SHAPE_COUNTER, 0x04, 1, { 0x26 }, 4000, 1 },
    { SHAPE_LEVEL, 0x0A, 1, { 0x69 }, 35, 10 },        /* pressure, 0.01 bar */
    { SHAPE_LEVEL, 0x02, 2, { 0xFD, 0x74 }, 3650, 0 }, /* battery life, days */
    { SHAPE_FABRICATION, 0x0C, 1, { 0x78 } },
};

static void encode_le (GByteArray *out, guint64 value, guint n)
{
    for (guint i = 0; i < n; i++) {
        guint8 byte = (guint8) (value >> (8 * i));
        g_byte_array_append (out, &byte, 1);
    }
}

static void encode_bcd (GByteArray *out, guint64 value, guint n)
{
    for (guint i = 0; i < n; i++) {
        guint8 byte = (guint8) (value % 10 | value / 10 % 10 << 4);
        g_byte_array_append (out, &byte, 1);
        value /= 100;
    }
}

void sim_encode_id (guint32 id, guint8 out[4])
{
    for (guint i = 0; i < 4; i++)
        out[i] = (guint8) (id >> (8 * i));
}

/* type F: minute, hour and hundred-year, day and year, month and year */
static void encode_clock (GByteArray *out, gint64 clock_s)
{
    g_autoptr (GDateTime) t = g_date_time_new_from_unix_utc (clock_s);
    guint year, hundred;

    if (t == NULL) {
        encode_le (out, 0x80, 4); /* IV: invalid */
        return;
    }
    year = (guint) g_date_time_get_year (t) % 100;
    hundred = ((guint) g_date_time_get_year (t) - 1900) / 100 & 3;
    encode_le (out, (guint) g_date_time_get_minute (t), 1);
    encode_le (out, (guint) g_date_time_get_hour (t) | hundred << 5, 1);
    encode_le (out, (guint) g_date_time_get_day_of_month (t) | (year & 7) << 5, 1);
    encode_le (out, (guint) g_date_time_get_month (t) | (year >> 3) << 4, 1);
}

static guint encode_data_size (guint8 dif)
{
    static const guint8 sizes[16] = { 0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6, 0 };

    return sizes[dif & 0x0F];
}

/* DIF with the lowest storage bit, then as many DIFE as the rest of the storage number needs */
static void encode_head (GByteArray *out, const EncodeRecord *record, guint storage)
{
    guint rest = storage >> 1;

    encode_le (out, record->dif | (storage & 1) << 6 | (rest != 0 ? 0x80 : 0), 1);
    while (rest != 0) {
        encode_le (out, (rest & 0x0F) | (rest > 0x0F ? 0x80 : 0), 1);
        rest >>= 4;
    }
    g_byte_array_append (out, record->vif, record->n_vif);
}

static void encode_record (GByteArray *out, const SimMeterOptions *options, const EncodeRecord *record, guint storage,
                           guint64 counter, gint64 clock_s)
{
    guint size = encode_data_size (record->dif);
    guint64 value = record->base;

    encode_head (out, record, storage);
    switch (record->shape) {
    case SHAPE_CLOCK:
        encode_clock (out, clock_s - (gint64) storage * 86400);
        return;
    case SHAPE_FABRICATION:
        encode_le (out, options->id, 4);
        return;
    case SHAPE_FLAGS:
        encode_le (out, options->status, size);
        return;
    case SHAPE_COUNTER:
        if (storage == 0)
            value += counter * record->swing;
        else
            value += options->start / (storage + 1); /* what was stored once does not move */
        break;
    case SHAPE_LEVEL:
    default:
        if (record->swing != 0)
            value += (counter * 7 + storage * 3) % record->swing;
        break;
    }
    if (record->dif >= 0x09)
        encode_bcd (out, value, size);
    else
        encode_le (out, value, size);
}

static const EncodeRecord *encode_template (guint8 medium, guint *n)
{
    switch (medium) {
    case 0x02:
        *n = G_N_ELEMENTS (electricity_records);
        return electricity_records;
    case 0x04:
    case 0x0A:
    case 0x0B:
    case 0x0C:
    case 0x0D:
        *n = G_N_ELEMENTS (heat_records);
        return heat_records;
    default:
        *n = G_N_ELEMENTS (volume_records);
        return volume_records;
    }
}

static GByteArray *encode_page_new (const SimMeterOptions *options, guint8 access)
{
    GByteArray *page = g_byte_array_new ();
    guint8 id[4];

    sim_encode_id (options->id, id);
    encode_le (page, 0x72, 1);
    g_byte_array_append (page, id, 4);
    encode_le (page, options->manufacturer, 2);
    encode_le (page, options->version, 1);
    encode_le (page, options->medium, 1);
    encode_le (page, access, 1);
    encode_le (page, options->status, 1);
    encode_le (page, 0, 2);
    return page;
}

static GByteArray *encode_fixed (const SimMeterOptions *options, guint8 access, guint64 counter)
{
    GByteArray *page = g_byte_array_new ();
    guint8 id[4];

    sim_encode_id (options->id, id);
    encode_le (page, 0x73, 1);
    g_byte_array_append (page, id, 4);
    encode_le (page, access, 1);
    encode_le (page, options->status & 0xFC, 1);                    /* both counters BCD and actual */
    encode_le (page, 0x29 | (options->medium & 0x03) << 6, 1);      /* litre */
    encode_le (page, 0x3E | (options->medium >> 2 & 0x03) << 6, 1); /* same unit, historic */
    encode_bcd (page, counter, 4);
    encode_bcd (page, options->start / 2, 4);
    return page;
}

GPtrArray *sim_encode_readout (const SimMeterOptions *options, guint8 access, guint64 counter, gint64 clock_s)
{
    GPtrArray *pages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
    guint n_template, per_page;
    const EncodeRecord *records = encode_template (options->medium, &n_template);
    GByteArray *page;

    if (options->fixed) {
        g_ptr_array_add (pages, encode_fixed (options, access, counter));
        return pages;
    }
    per_page = options->pages > 0 ? (options->values + options->pages - 1) / options->pages : options->values;
    page = encode_page_new (options, access);
    g_ptr_array_add (pages, page);
    for (guint i = 0; i < options->values; i++) {
        g_autoptr (GByteArray) record = g_byte_array_new ();

        encode_record (record, options, &records[i % n_template], i / n_template, counter, clock_s);
        if ((per_page > 0 && i > 0 && i % per_page == 0) || page->len + record->len + 1 > 13 + ENCODE_MAX_RECORDS) {
            encode_le (page, 0x1F, 1); /* more records follow in the next telegram */
            page = encode_page_new (options, ++access);
            g_ptr_array_add (pages, page);
        }
        g_byte_array_append (page, record->data, record->len);
    }
    return pages;
}

void sim_frame_long (GByteArray *out, guint8 c, guint8 a, guint8 ci, const guint8 *data, gsize len)
{
    const guint8 head[] = { 0x68, (guint8) (len + 3), (guint8) (len + 3), 0x68, c, a, ci };
    guint8 tail[] = { (guint8) (c + a + ci), 0x16 };

    for (gsize i = 0; i < len; i++)
        tail[0] = (guint8) (tail[0] + data[i]);
    g_byte_array_append (out, head, sizeof head);
    g_byte_array_append (out, data, (guint) len);
    g_byte_array_append (out, tail, sizeof tail);
}
