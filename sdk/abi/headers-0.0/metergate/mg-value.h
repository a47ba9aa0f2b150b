/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-value.h: exact values, units, media, qualities and what a reading means; no double anywhere. */
#pragma once

#include <metergate/mg-base.h>

G_BEGIN_DECLS

typedef enum { MG_VALUE_NONE = 0, MG_VALUE_DECIMAL = 1, MG_VALUE_TEXT = 2, MG_VALUE_BYTES = 3, MG_VALUE_TIME = 4 } MgValueType;
typedef enum { MG_VALUE_WAS_FLOAT = 1 /* DECIMAL: reads back to it */, MG_VALUE_UNFIT = 2 /* BYTES: no number */ } MgValueFlags;
typedef enum { /* of TIME: a clock face of unknown zone, unless UTC, or LOCAL where SUMMER tells which. A driver never guesses */
    MG_TIME_UTC = 1, MG_TIME_LOCAL = 2, MG_TIME_SUMMER = 4, MG_TIME_INVALID = 8, MG_TIME_DATE_ONLY = 16, MG_TIME_NO_SECONDS = 32
} MgTimeFlags;
typedef struct {
    guint8 type; gint8 exponent; guint16 flags;   /* MgValueType; DECIMAL is number * 10^exponent */
    guint32 len;                                  /* TEXT (UTF-8) and BYTES */
    union { gint64 number; const void *data; } v; /* TIME: seconds of the clock face since 1970-01-01 00:00 */
} MgValue;
#define MG_DECIMAL(number, exponent) { MG_VALUE_DECIMAL, (exponent), 0, 0, { (number) } } /* an initialiser */
typedef enum { MG_LE = 0, MG_BE = 1, MG_SIGNED = 2, MG_SWAP16 = 4 /* 16-bit words in the other order */ } MgLayout;
/* These never fail: what does not fit becomes UNFIT bytes, so that no odd record loses a telegram. Bytes are borrowed. */
MgValue  mg_value_from_int  (const guint8 *p, gsize len, guint32 layout, gint exponent);
MgValue  mg_value_from_bcd  (const guint8 *p, gsize len, guint32 layout, gint exponent); /* first digit F: negative */
MgValue  mg_value_from_ieee (const guint8 *p, gsize len, guint32 layout, gint exponent); /* 4 or 8 bytes */
MgValue  mg_value_decimal (gint64 number, gint exponent); MgValue mg_value_bytes (const guint8 *p, gsize len);
MgValue  mg_value_text (const char *utf8, gssize len);
MgValue  mg_value_time      (gint year, gint month, gint day, gint hour, gint minute, gint second, guint32 time_flags);
gboolean mg_value_parse     (const char *text, gssize len, MgValue *out, GError **error); /* "0012345.678", whatever the locale */
gboolean mg_value_rescale   (MgValue in, gint exponent, MgValue *out, GError **error);    /* exact, or MG_ERROR_RANGE; so are: */
gboolean mg_value_add       (MgValue a, MgValue b, MgValue *out, GError **error);
gboolean mg_value_subtract  (MgValue a, MgValue b, MgValue *out, GError **error);
gboolean mg_value_multiply  (MgValue a, MgValue b, MgValue *out, GError **error);
gboolean mg_value_to_int    (MgValue v, gint exponent, guint8 *p, gsize len, guint32 layout, GError **error);
gboolean mg_value_to_ieee   (MgValue v, guint8 *p, gsize len, guint32 layout); /* nearest; FALSE: not a number */
gint     mg_value_compare   (MgValue a, MgValue b);                            /* -1, 0, 1, whatever the exponents */
gsize    mg_value_print     (MgValue v, char decimal_mark, char *buf, gsize size); /* like snprintf; bytes as hex, time ISO 8601 */

/* Our own units; what other systems number differently is mapped by the host. Prefixes go into the exponent (kWh: WH, e + 3;
 * litre: M3, e - 3; Pa: BAR, e - 5); a factor that is no power of ten has a unit of its own and is never converted. */
typedef enum {
    MG_UNIT_NONE = 0, MG_UNIT_OTHER /* unit_text */, MG_UNIT_BITS, MG_UNIT_COUNT, MG_UNIT_PERCENT, MG_UNIT_HCA /* cost allocator */,
    MG_UNIT_CURRENCY /* unit_text: ISO 4217; NULL: local */,
    /* electricity */ MG_UNIT_WH = 16, MG_UNIT_VARH, MG_UNIT_VAH, MG_UNIT_W, MG_UNIT_VAR, MG_UNIT_VA, MG_UNIT_V, MG_UNIT_A,
    MG_UNIT_HZ, MG_UNIT_DEGREE /* angle */, MG_UNIT_OHM, MG_UNIT_AH, MG_UNIT_V2H, MG_UNIT_A2H, MG_UNIT_PER_WH /* pulses */,
    MG_UNIT_PER_VARH, /* heat, cooling */ MG_UNIT_J = 48, MG_UNIT_J_PER_H, MG_UNIT_CAL, MG_UNIT_BTU, MG_UNIT_BTU_PER_S,
    MG_UNIT_BTU_PER_H, MG_UNIT_THERM, MG_UNIT_CELSIUS, MG_UNIT_KELVIN, MG_UNIT_FAHRENHEIT, MG_UNIT_J_PER_KG,
    /* water, gas, air */ MG_UNIT_M3 = 64, MG_UNIT_M3_NORM, MG_UNIT_M3_PER_H, MG_UNIT_M3_PER_MIN, MG_UNIT_M3_PER_S,
    MG_UNIT_M3_NORM_PER_H, MG_UNIT_KG, MG_UNIT_KG_PER_H, MG_UNIT_KG_PER_S, MG_UNIT_BAR, MG_UNIT_ATM, MG_UNIT_PSI, MG_UNIT_FT3,
    MG_UNIT_FT3_PER_H, MG_UNIT_US_GAL, MG_UNIT_US_GAL_PER_S, MG_UNIT_US_GAL_PER_MIN, MG_UNIT_US_GAL_PER_H, MG_UNIT_WH_PER_M3,
    MG_UNIT_J_PER_M3, MG_UNIT_KG_PER_M3, MG_UNIT_MOL_PERCENT, MG_UNIT_PER_M3 /* pulses */,
    /* time, radio, rooms */ MG_UNIT_S = 96, MG_UNIT_MIN, MG_UNIT_H, MG_UNIT_D, MG_UNIT_MONTH, MG_UNIT_YEAR, MG_UNIT_BAUD,
    MG_UNIT_BIT_TIME, MG_UNIT_DBM, MG_UNIT_DB, MG_UNIT_M, MG_UNIT_M_PER_S, MG_UNIT_LUX
} MgUnit;
typedef enum { /* EN 13757-3's numbers as on the wire (all of its table, here a few); ours start at 256 */
    MG_MEDIUM_OTHER = 0, MG_MEDIUM_ELECTRICITY = 2, MG_MEDIUM_GAS = 3, MG_MEDIUM_HEAT = 4, MG_MEDIUM_WARM_WATER = 6,
    MG_MEDIUM_WATER = 7, MG_MEDIUM_HCA = 8, MG_MEDIUM_COOLING = 10, MG_MEDIUM_UNKNOWN = 15, MG_MEDIUM_COLD_WATER = 22,
    MG_MEDIUM_BREAKER = 32, MG_MEDIUM_CHARGER = 256, MG_MEDIUM_INVERTER, MG_MEDIUM_BATTERY, MG_MEDIUM_IO, MG_MEDIUM_GATEWAY
} MgMedium;
typedef enum { MG_FUNC_INSTANT = 0, MG_FUNC_MAX = 1, MG_FUNC_MIN = 2, MG_FUNC_ERROR = 3, MG_FUNC_AVERAGE = 4 } MgFunc;
typedef enum { MG_POINT_GAUGE = 1, MG_POINT_COUNTER = 2, MG_POINT_STATE = 3, MG_POINT_TEXT = 4, MG_POINT_TIME = 5 } MgPointKind;
typedef enum { /* low half: from the protocol (12-15: the driver's own, told in its README); high half: only the core sets it */
    MG_QUALITY_METER_ERROR = 1 << 0, MG_QUALITY_OVERFLOW = 1 << 1, MG_QUALITY_NO_DATA = 1 << 2, MG_QUALITY_ESTIMATED = 1 << 3,
    MG_QUALITY_SUBSTITUTED = 1 << 4, MG_QUALITY_CLOCK_DOUBTFUL = 1 << 5, MG_QUALITY_UNENCRYPTED = 1 << 6,
    MG_QUALITY_UNAUTHENTIC = 1 << 7, MG_QUALITY_UNCHECKED = 1 << 8 /* a check was left out on request */,
    MG_QUALITY_COMPUTED = 1 << 16, MG_QUALITY_MANUAL = 1 << 17, MG_QUALITY_RESET = 1 << 18, MG_QUALITY_WRAPPED = 1 << 19,
    MG_QUALITY_EXCHANGED = 1 << 20, MG_QUALITY_HOST_CLOCK = 1 << 21, MG_QUALITY_UNFIT = 1 << 22, MG_QUALITY_STALE = 1 << 23
} MgQuality;
#define MG_QUALITY_UNUSABLE (MG_QUALITY_METER_ERROR | MG_QUALITY_OVERFLOW | MG_QUALITY_NO_DATA | MG_QUALITY_UNFIT)
typedef struct { guint8 given, a, b, c, d, e, f, reserved; } MgObis;
#define MG_OBIS(a, b, c, d, e, f) { 1, (a), (b), (c), (d), (e), (f), 0 } /* 255: group not given */
typedef struct { const char *nick; gint64 value; const char *help; } MgChoice; /* a list ends with a NULL nick */
/* What a value means: what the protocol says and no more. A later version, or a person, may correct it without touching
 * history, because identity is the key alone. */
typedef struct {
    gsize           struct_size;
    const char     *quantity, *name;          /* registered (docs/names/): "energy.active.import"; for people, or NULL */
    guint32         kind, unit, func, medium; /* medium 0: the device's */
    const char     *unit_text;                /* MG_UNIT_OTHER, MG_UNIT_CURRENCY */
    MgObis          obis;
    guint64         storage;
    guint32         tariff, subunit;
    MgValue         wrap;                     /* a counter starts again here: 8 digits, e -3: MG_DECIMAL (1, 5). NONE: unknown */
    const MgChoice *states;                   /* MG_POINT_STATE: nicks for numbers */
    const guint8   *raw;                      /* the record as received, for reports that show it: DIF..VIFE, then data */
    guint32         raw_len, raw_head_len;    /* the whole; DIF..VIFE only */
} MgMeaning;
typedef struct { gsize struct_size; const char *serial, *manufacturer, *model, *firmware; guint32 version, medium; } MgIdentity;

G_END_DECLS
