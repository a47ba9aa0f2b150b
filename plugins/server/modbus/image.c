/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image.c: the registers that meters and values have: device, meter and value entries of ten registers (tables 30 to
 * 32), or of two with float only (36 and 37).
 */
#include <metergate.h>

#include "image.h"

#include <stdio.h>
#include <string.h>

#define GRID          10
#define FLOAT_GRID    2
#define REGISTERS_MAX 65536
#define UNIT_MAX      247
#define UNIT_DEVICE   255
#define NOT_ASKED     G_MAXUINT32       /* for an address */
#define NO_ADDRESS    (G_MAXUINT32 - 1) /* all are taken */

enum { TYPE_VALUE = 0, TYPE_DEVICE = 1, TYPE_METER = 2 };
enum { FLAG_NOT_READ = 1, FLAG_NOT_CURRENT = 2 };

/* The registers of one unit. */
typedef struct {
    GByteArray *bytes;
    ModbusRegisters registers;
} Bank;

typedef struct {
    Bank *bank;
    guint32 address;   /* of its meter entry */
    GArray *addresses; /* guint32, of each point, or NOT_ASKED, NO_ADDRESS */
} Place;

struct _ModbusImage {
    MgHost *host;
    ModbusLayout layout;
    guint grid;
    GTimeZone *zone;
    GHashTable *places; /* meter id: Place */
    Bank *banks[256];   /* by unit; without multi slave there is only the device's */
    guint n_left_out;
};

/* ---- words */

static guint8 *bank_at (Bank *bank, guint address, guint n_registers)
{
    guint end = address + n_registers;

    if (end > bank->registers.n) {
        guint before = bank->bytes->len;
        g_byte_array_set_size (bank->bytes, 2 * end);
        memset (bank->bytes->data + before, 0, bank->bytes->len - before);
        bank->registers = (ModbusRegisters){ bank->bytes->data, end };
    }
    return bank->bytes->data + 2 * address;
}

/* An item of several registers, from bytes with the highest first. */
static void put_item (const ModbusImage *image, guint8 *to, const guint8 *from, guint n_words)
{
    for (guint i = 0; i < n_words; i++) {
        guint at = image->layout.low_word_first ? n_words - 1 - i : i;
        to[2 * at] = from[2 * i];
        to[2 * at + 1] = from[2 * i + 1];
    }
}

static void put_u16 (guint8 *to, guint value)
{
    to[0] = (guint8) (value >> 8);
    to[1] = (guint8) value;
}

static void put_u32 (const ModbusImage *image, guint8 *to, guint32 value)
{
    guint32 big = GUINT32_TO_BE (value);

    put_item (image, to, (const guint8 *) &big, 2);
}

static void put_s64 (const ModbusImage *image, guint8 *to, gint64 value)
{
    gint64 big = GINT64_TO_BE (value);

    put_item (image, to, (const guint8 *) &big, 4);
}

static guint32 unix_time (gint64 ms)
{
    return (guint32) CLAMP (ms / 1000, 0, (gint64) G_MAXUINT32);
}

/* ---- entries */

/* A serial number as an integer: its digits, or what they are as hexadecimal ones; 0 when it is neither. */
static guint32 serial_number (const char *serial)
{
    guint64 number = 0;

    if (serial == NULL)
        return 0;
    if (!g_ascii_string_to_unsigned (serial, 10, 0, G_MAXUINT32, &number, NULL))
        g_ascii_string_to_unsigned (serial, 16, 0, G_MAXUINT32, &number, NULL);
    return (guint32) number;
}

static guint manufacturer_code (const char *text)
{
    guint code = 0;

    if (text == NULL || strlen (text) != 3)
        return 0;
    for (guint i = 0; i < 3; i++) {
        if (!g_ascii_isalpha (text[i]))
            return 0;
        code = code << 5 | (guint) (g_ascii_toupper (text[i]) - 'A' + 1);
    }
    return code;
}

/* "1.32" is 132 */
static guint version_number (const char *version)
{
    guint major = 0, minor = 0;

    if (version != NULL && sscanf (version, "%3u.%2u", &major, &minor) < 1)
        return 0;
    return MIN (major * 100 + minor, G_MAXUINT16);
}

static void write_device (ModbusImage *image)
{
    guint8 *to = bank_at (image->banks[UNIT_DEVICE], 0, GRID);
    const char *serial = mg_host_get_fact (image->host, "serial"), *uuid = mg_host_get_fact (image->host, "uuid");
    char digits[9] = "";

    /* the last eight hexadecimal digits of the serial number, else the first of what the gateway is known by */
    if (serial != NULL)
        g_strlcpy (digits, serial + (strlen (serial) > 8 ? strlen (serial) - 8 : 0), sizeof digits);
    else if (uuid != NULL)
        g_strlcpy (digits, uuid, sizeof digits);
    put_u32 (image, to, (guint32) g_ascii_strtoull (digits, NULL, 16));
    put_u16 (to + 4, 1); /* protocol version */
    put_u16 (to + 6, version_number (mg_host_get_fact (image->host, "version")));
    put_u16 (to + 14, TYPE_DEVICE << 8);
}

static void write_meter (const ModbusImage *image, guint8 *to, const MgMeter *meter, gint64 at_ms, guint flags)
{
    const MgIdentity *identity = mg_meter_get_identity (meter);

    put_u32 (image, to, serial_number (identity->serial));
    if (image->layout.float_only)
        return;
    put_u16 (to + 4, manufacturer_code (identity->manufacturer));
    put_u16 (to + 6, (identity->version & 0xFF) << 8 | (mg_medium_index (identity->medium) & 0xFF));
    put_u32 (image, to + 8, unix_time (at_ms));
    put_u16 (to + 14, TYPE_METER << 8);
    put_u16 (to + 16, flags);
}

/* A face without a zone is taken as one of the gateway's own, as in reports. */
static gint64 face_seconds (const ModbusImage *image, MgValue face)
{
    gint64 seconds = face.v.number;

    if (face.type != MG_VALUE_TIME || (face.flags & MG_TIME_INVALID) != 0)
        return 0;
    if ((face.flags & MG_TIME_UTC) != 0)
        return seconds;
    gint interval = g_time_zone_adjust_time (
        image->zone, (face.flags & MG_TIME_SUMMER) != 0 ? G_TIME_TYPE_DAYLIGHT : G_TIME_TYPE_STANDARD, &seconds);
    return seconds - g_time_zone_get_offset (image->zone, interval);
}

static void write_value (const ModbusImage *image, guint8 *to, const MgPoint *point, const MgReading *reading)
{
    guint size = 2 * image->grid;
    gint exponent = 0;
    guint8 ieee[4] = { 0 };

    memset (to, 0, size);
    MgValue value = reading != NULL ? mg_reading_get_value (reading) : (MgValue){ 0 };
    if (value.type == MG_VALUE_TIME)
        value = mg_value_decimal (face_seconds (image, value), 0);
    gboolean number = value.type == MG_VALUE_DECIMAL;
    guint unit = mg_unit_index (mg_point_get_meaning (point)->unit, number ? value.exponent : 0, &exponent);
    if (number)
        mg_value_to_ieee (mg_value_decimal (value.v.number, exponent), ieee, sizeof ieee, MG_BE);
    if (image->layout.float_only) {
        put_item (image, to, ieee, 2);
        return;
    }
    put_item (image, to + 8, ieee, 2);
    put_u16 (to + 14, TYPE_VALUE << 8 | (unit & 0xFF));
    if (!number)
        return;
    put_s64 (image, to, value.v.number);
    put_u16 (to + 12, (guint16) (gint16) exponent);
    put_u32 (image, to + 16, unix_time (face_seconds (image, mg_reading_get_device_time (reading)) * 1000));
}

/* Table 34. */
static void write_test (ModbusImage *image)
{
    const guint32 at = 0x5CE55EAC;
    Bank *bank = image->banks[UNIT_DEVICE];
    guint8 ieee[4];

    mg_value_to_ieee (mg_value_decimal (12345678, -4), ieee, sizeof ieee, MG_BE);
    if (image->layout.float_only) {
        put_u32 (image, bank_at (bank, 0, 2), 12345678);
        put_item (image, bank_at (bank, 2, 2), ieee, 2);
        return;
    }
    guint8 *to = bank_at (bank, 0, 3 * GRID);
    put_u32 (image, to, 0xD0800DC1);
    put_u16 (to + 4, 2);
    put_u16 (to + 6, 132);
    put_u32 (image, to + 8, at);
    put_u16 (to + 14, TYPE_DEVICE << 8);
    to += 2 * GRID;
    put_u32 (image, to, 12345678);
    put_u16 (to + 4, manufacturer_code ("ABC"));
    put_u16 (to + 6, 0x0102);
    put_u32 (image, to + 8, at);
    put_u16 (to + 14, TYPE_METER << 8);
    to += 2 * GRID;
    put_s64 (image, to, 12345678);
    put_item (image, to + 8, ieee, 2);
    put_u16 (to + 12, (guint16) -4);
    put_u16 (to + 14, TYPE_VALUE << 8 | 5);
    put_u32 (image, to + 16, at);
}

/* ---- addresses */

static Bank *image_bank (ModbusImage *image, guint unit)
{
    if (image->banks[unit] == NULL) {
        image->banks[unit] = g_new0 (Bank, 1);
        image->banks[unit]->bytes = g_byte_array_new ();
    }
    return image->banks[unit];
}

/* What a person wishes by a tag `register`; 0: nothing. */
static guint32 wished (const char *const *tags)
{
    guint64 number = 0;

    if (tags[0] != NULL)
        g_ascii_string_to_unsigned (tags[0], 10, 1, REGISTERS_MAX - 1, &number, NULL);
    return (guint32) number;
}

static guint32 image_allot (ModbusImage *image, const char *space, const char *key, guint32 low, guint32 high,
                            guint32 width, guint32 wish)
{
    g_autoptr (GError) error = NULL;
    guint32 first = 0;
    gboolean good = mg_host_allot (image->host, space, key, low, high, width, wish, &first, &error);

    if (good && wish != 0 && first != wish) { /* what a person wishes wins over what was given before */
        mg_host_release (image->host, space, key);
        good = mg_host_allot (image->host, space, key, low, high, width, wish, &first, &error);
        if (good && first != wish)
            mg_host_log (image->host, G_LOG_LEVEL_WARNING, "%s: register %u is taken, it has %u", key, wish, first);
    }
    if (good)
        return first;
    if (image->n_left_out++ == 0)
        mg_host_log (image->host, G_LOG_LEVEL_WARNING, "%s", error->message);
    return NO_ADDRESS;
}

static guint32 image_allot_registers (ModbusImage *image, const char *space, const char *key, guint32 wish)
{
    guint low = image->layout.float_only || image->layout.multi_slave ? 0 : GRID;

    return image_allot (image, space, key, low, REGISTERS_MAX - 1, image->grid, wish);
}

static void place_free (gpointer data)
{
    g_array_unref (((Place *) data)->addresses);
    g_free (data);
}

static char *place_space (const ModbusImage *image, const MgMeter *meter)
{
    const char *kind = image->layout.float_only ? "floats" : "registers";

    return image->layout.multi_slave ? g_strdup_printf ("%s-of-%s", kind, mg_meter_get_uid (meter)) : g_strdup (kind);
}

static Place *image_place (ModbusImage *image, const MgMeter *meter)
{
    gpointer id = GUINT_TO_POINTER (mg_meter_get_id (meter));
    Place *place = g_hash_table_lookup (image->places, id);
    const char *uid = mg_meter_get_uid (meter);
    guint32 wish = wished (mg_meter_get_tags (meter, "register")), unit = UNIT_DEVICE;

    if (place != NULL)
        return place;
    if (image->layout.multi_slave) {
        unit = image_allot (image, "units", uid, 1, UNIT_MAX, 1, wish <= UNIT_MAX ? wish : 0);
        wish = 0;
    }
    place = g_new0 (Place, 1);
    place->address = NO_ADDRESS;
    place->addresses = g_array_new (FALSE, FALSE, sizeof (guint32));
    g_hash_table_insert (image->places, id, place);
    if (unit == NO_ADDRESS)
        return place;
    g_autofree char *space = place_space (image, meter);
    place->bank = image_bank (image, unit);
    place->address = image_allot_registers (image, space, uid, wish);
    return place;
}

/* Points are only appended: their addresses too. */
static void image_place_points (ModbusImage *image, Place *place, const MgMeter *meter)
{
    g_autofree char *space = place_space (image, meter);

    while (place->addresses->len < mg_meter_get_n_points (meter)) {
        guint32 address = NOT_ASKED;
        g_array_append_val (place->addresses, address);
    }
    for (guint i = 0; i < place->addresses->len; i++) {
        guint32 *address = &g_array_index (place->addresses, guint32, i);
        const MgPoint *point = mg_meter_get_point (meter, i);
        if (*address != NOT_ASKED || place->bank == NULL || !mg_selector_matches (image->layout.which, meter, point))
            continue;
        g_autofree char *key = g_strdup_printf ("%s/%s", mg_meter_get_uid (meter), mg_point_get_key (point));
        *address = image_allot_registers (image, space, key, wished (mg_point_get_tags (point, "register")));
    }
}

/* ---- what the outside calls */

ModbusImage *modbus_image_new (MgHost *host, const ModbusLayout *layout)
{
    ModbusImage *image = g_new0 (ModbusImage, 1);

    image->host = host;
    image->layout = *layout;
    image->grid = layout->float_only ? FLOAT_GRID : GRID;
    image->zone = g_time_zone_new_local ();
    image->places = g_hash_table_new_full (NULL, NULL, NULL, place_free);
    image_bank (image, UNIT_DEVICE);
    if (layout->test)
        write_test (image);
    else if (!layout->float_only)
        write_device (image);
    return image;
}

void modbus_image_free (ModbusImage *image)
{
    for (guint i = 0; i < G_N_ELEMENTS (image->banks); i++) {
        if (image->banks[i] != NULL)
            g_byte_array_unref (image->banks[i]->bytes);
        g_free (image->banks[i]);
    }
    g_hash_table_unref (image->places);
    g_time_zone_unref (image->zone);
    g_free (image);
}

static void place_clear (const ModbusImage *image, Place *place, guint32 address)
{
    if (address < REGISTERS_MAX && place->bank != NULL)
        memset (bank_at (place->bank, address, image->grid), 0, 2 * image->grid);
}

void modbus_image_remove (ModbusImage *image, guint32 meter_id)
{
    Place *place = g_hash_table_lookup (image->places, GUINT_TO_POINTER (meter_id));

    if (place == NULL)
        return;
    place_clear (image, place, place->address);
    for (guint i = 0; i < place->addresses->len; i++)
        place_clear (image, place, g_array_index (place->addresses, guint32, i));
    g_hash_table_remove (image->places, GUINT_TO_POINTER (meter_id));
}

/* When the newest reading of those that are shown came, and whether all came then and are good. */
static gint64 meter_newest (const ModbusImage *image, const MgMeterNow *now, guint *flags)
{
    const MgMeter *meter = mg_meter_now_get_meter (now);
    gint64 newest_ms = 0, oldest_ms = G_MAXINT64;

    *flags = mg_meter_now_is_silent (now) ? FLAG_NOT_READ | FLAG_NOT_CURRENT : 0;
    for (guint i = 0; i < mg_meter_get_n_points (meter); i++) {
        const MgReading *reading = mg_meter_now_get_reading (now, i);
        if (!mg_selector_matches (image->layout.which, meter, mg_meter_get_point (meter, i)))
            continue;
        gint64 at_ms = reading != NULL ? mg_readout_get_at_ms (mg_reading_get_readout (reading)) : 0;
        newest_ms = MAX (newest_ms, at_ms);
        oldest_ms = MIN (oldest_ms, at_ms);
        if (reading == NULL || (mg_reading_get_quality (reading) & (MG_QUALITY_UNUSABLE | MG_QUALITY_STALE)) != 0)
            *flags |= FLAG_NOT_CURRENT;
    }
    if (newest_ms == 0)
        *flags |= FLAG_NOT_READ;
    if (oldest_ms < newest_ms)
        *flags |= FLAG_NOT_CURRENT;
    return newest_ms;
}

void modbus_image_update (ModbusImage *image, const MgMeterNow *now)
{
    const MgMeter *meter = mg_meter_now_get_meter (now);
    guint flags;

    if (image->layout.test)
        return;
    if (!mg_selector_matches (image->layout.which, meter, NULL)) {
        modbus_image_remove (image, mg_meter_get_id (meter));
        return;
    }
    if (mg_meter_get_n_points (meter) == 0)
        return; /* it has an address when its values have theirs, so that they follow each other */
    Place *place = image_place (image, meter);
    image_place_points (image, place, meter);
    gint64 newest_ms = meter_newest (image, now, &flags);
    if (place->address < REGISTERS_MAX)
        write_meter (image, bank_at (place->bank, place->address, image->grid), meter, newest_ms, flags);
    for (guint i = 0; i < place->addresses->len; i++) {
        guint32 address = g_array_index (place->addresses, guint32, i);
        const MgPoint *point = mg_meter_get_point (meter, i);
        if (address >= REGISTERS_MAX)
            continue;
        if (mg_selector_matches (image->layout.which, meter, point))
            write_value (image, bank_at (place->bank, address, image->grid), point, mg_meter_now_get_reading (now, i));
        else
            place_clear (image, place, address);
    }
}

guint modbus_image_get_n_left_out (const ModbusImage *image)
{
    return image->n_left_out;
}

const ModbusRegisters *modbus_image_get (ModbusImage *image, guint8 unit)
{
    Bank *device = image->banks[UNIT_DEVICE];

    if (image->layout.multi_slave && !image->layout.test && unit != UNIT_DEVICE)
        return unit >= 1 && unit <= UNIT_MAX && image->banks[unit] != NULL ? &image->banks[unit]->registers : NULL;
    if (!image->layout.test && !image->layout.float_only)
        put_u32 (image, bank_at (device, 4, 2), unix_time (mg_host_now_ms (image->host)));
    return &device->registers;
}
