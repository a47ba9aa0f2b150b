/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-value.h: exact values, units, media, qualities and what a reading means; no double anywhere.
 *
 * Every function here may be called from any thread, keeps no state, allocates nothing but errors, and does not care
 * for the locale. Text and bytes in a value are borrowed: they live as long as what they were made from. All of it
 * since 0.1.
 */
#pragma once

#include <metergate/mg-base.h>

G_BEGIN_DECLS

/* ---- values */

typedef enum {
    MG_VALUE_NONE = 0,    /* no value: the meter has none, or said none */
    MG_VALUE_DECIMAL = 1, /* number * 10^exponent, exactly */
    MG_VALUE_TEXT = 2,    /* `len` bytes of UTF-8 */
    MG_VALUE_BYTES = 3,   /* `len` bytes */
    MG_VALUE_TIME = 4     /* seconds of a clock face; flags are MgTimeFlags */
} MgValueType;

/* Flags of all values but times. */
typedef enum {
    MG_VALUE_WAS_FLOAT = 1, /* DECIMAL: the shortest decimal that reads back to the IEEE number that the meter sent */
    MG_VALUE_UNFIT = 2      /* BYTES: should have been a number (or a text), but is none or has more than 64 bits */
} MgValueFlags;

/* Flags of a time. It is a clock face of unknown zone, unless UTC, or LOCAL where SUMMER tells which of two hours. A
 * driver never guesses. */
typedef enum {
    MG_TIME_UTC = 1,
    MG_TIME_LOCAL = 2,
    MG_TIME_SUMMER = 4,     /* summer time, as the meter says */
    MG_TIME_INVALID = 8,    /* the meter says so, or no calendar has such a day */
    MG_TIME_DATE_ONLY = 16, /* no time of day was given */
    MG_TIME_NO_SECONDS = 32 /* no seconds were given */
} MgTimeFlags;

/* Sixteen bytes, handed on by value; the layout is frozen (metergate.h, A3). */
typedef struct {
    guint8 type;    /* MgValueType */
    gint8 exponent; /* DECIMAL: number * 10^exponent */
    guint16 flags;  /* MgValueFlags, or MgTimeFlags */
    guint32 len;    /* TEXT and BYTES: in bytes */
    union {
        gint64 number;    /* DECIMAL: the mantissa. TIME: seconds of the clock face since 1970-01-01 00:00 */
        const void *data; /* TEXT and BYTES */
    } v;
} MgValue;

/* An initialiser for a decimal, for tables: .wrap = MG_DECIMAL (1, 5) is 100000. The exponent is -128 to 127. */
/* clang-format off */
#define MG_DECIMAL(number, exponent) { MG_VALUE_DECIMAL, (exponent), 0, 0, { (number) } }
/* clang-format on */

/* How bytes make up a number. */
typedef enum {
    MG_LE = 0,     /* lowest byte first */
    MG_BE = 1,     /* highest byte first */
    MG_SIGNED = 2, /* two's complement, for from_int () and to_int () */
    MG_SWAP16 = 4  /* 16-bit words in the other order than the bytes within them: Modbus "word swap"; an even length */
} MgLayout;

/* ---- values out of bytes
 *
 * These never fail: what does not fit becomes UNFIT bytes (the ones given), so that no odd record loses a telegram.
 * `exponent` is of the unit in which the meter counts; with one that is not -128 to 127 nothing fits. */

/* An integer of 1 to 8 bytes. UNFIT: another length, or unsigned and beyond 63 bits. */
MgValue mg_value_from_int (const guint8 *p, gsize len, guint32 layout, gint exponent);

/* Packed BCD, two digits a byte, any length. A first digit F is a minus (EN 13757-3, type A). UNFIT: any other digit A
 * to F, or more than 64 bits. */
MgValue mg_value_from_bcd (const guint8 *p, gsize len, guint32 layout, gint exponent);

/* IEEE 754 of 4 or 8 bytes: the shortest decimal that reads back, WAS_FLOAT; then times 10^exponent. UNFIT: another
 * length, NaN, infinity, or too small or large for the exponent. */
MgValue mg_value_from_ieee (const guint8 *p, gsize len, guint32 layout, gint exponent);

/* number * 10^exponent. An exponent that is not -128 to 127 gives a value of type NONE with the flag UNFIT. */
MgValue mg_value_decimal (gint64 number, gint exponent);

/* Bytes as they are. */
MgValue mg_value_bytes (const guint8 *p, gsize len);

/* Text of `len` bytes, or up to its NUL with -1. What is not UTF-8, or has a NUL inside, becomes UNFIT bytes. */
MgValue mg_value_text (const char *utf8, gssize len);

/* A clock face: year 1 to 9999, month 1 to 12, day from 1, hour 0 to 23 (24:00:00 is the end of the day). With
 * DATE_ONLY the time of day, with NO_SECONDS the seconds are not looked at. What is in no calendar becomes INVALID and
 * prints as nothing. */
MgValue mg_value_time (gint year, gint month, gint day, gint hour, gint minute, gint second, guint32 time_flags);

/* ---- values and text */

/*
 * Digits with a point at most and a sign in front: "0012345.678", "-5". The decimals that were written stay (1.50 is
 * 150 * 10^-2), but for noughts at the end where 64 bits would not do. `len` -1: up to the NUL. *out is set when it
 * returns TRUE only. MG_ERROR_PROTOCOL: no number (no blanks, no comma, no E). MG_ERROR_RANGE: more than 64 bits.
 */
gboolean mg_value_parse (const char *text, gssize len, MgValue *out, GError **error);

/*
 * Prints like snprintf (): at most size - 1 bytes and a NUL, and returns how many it would have been. Decimals with
 * `decimal_mark` and as many decimals as the exponent says, never in E notation (at most 147 bytes); bytes as
 * upper-case hexadecimal; times as ISO 8601: 2014-03-13T11:11:05, without what was not given, with a Z when UTC; text
 * as it is; NONE and a date that does not exist: nothing. `buf` may be NULL when `size` is 0.
 */
gsize mg_value_print (MgValue v, char decimal_mark, char *buf, gsize size);

/* ---- calculating
 *
 * All exact, or MG_ERROR_RANGE and *out untouched: nothing is rounded, cut or wrapped. Only decimals can be calculated
 * with; others are MG_ERROR_RANGE too. */

/* The same number with that exponent (-128 to 127). Keeps the flags. */
gboolean mg_value_rescale (MgValue in, gint exponent, MgValue *out, GError **error);

/* a + b, with the smaller one of both exponents wherever that fits. */
gboolean mg_value_add (MgValue a, MgValue b, MgValue *out, GError **error);

/* a - b, with the smaller one of both exponents wherever that fits. */
gboolean mg_value_subtract (MgValue a, MgValue b, MgValue *out, GError **error);

/* a * b, with the sum of both exponents wherever that fits. */
gboolean mg_value_multiply (MgValue a, MgValue b, MgValue *out, GError **error);

/* -1, 0 or 1: decimals by their number whatever the exponents, times by their clock face, text and bytes by their
 * bytes; values of different types by MgValueType. Never fails. */
gint mg_value_compare (MgValue a, MgValue b);

/* Writes v / 10^exponent as an integer of `len` bytes, 1 to 8. MG_ERROR_RANGE: not a whole number there, or it does not
 * fit; nothing is written. */
gboolean mg_value_to_int (MgValue v, gint exponent, guint8 *p, gsize len, guint32 layout, GError **error);

/* Writes the nearest IEEE 754 number of 4 or 8 bytes. FALSE: not a decimal, or beyond the largest one; nothing is
 * written. */
gboolean mg_value_to_ieee (MgValue v, guint8 *p, gsize len, guint32 layout);

/* ---- units */

/*
 * Our own units; what other systems number differently is mapped by the host. Prefixes go into the exponent (kWh: WH, e
 * + 3; litre: M3, e - 3; Pa: BAR, e - 5); a factor that is no power of ten has a unit of its own and is never
 * converted.
 */
typedef enum {
    MG_UNIT_NONE = 0,  /* a number without unit, text, a time */
    MG_UNIT_OTHER = 1, /* unit_text says it */
    MG_UNIT_BITS = 2,  /* each bit for itself */
    MG_UNIT_COUNT = 3, /* pieces */
    MG_UNIT_PERCENT = 4,
    MG_UNIT_HCA = 5,      /* units of a heat cost allocator */
    MG_UNIT_CURRENCY = 6, /* unit_text: ISO 4217; NULL: the local one */
    /* electricity */
    MG_UNIT_WH = 16,
    MG_UNIT_VARH = 17,
    MG_UNIT_VAH = 18,
    MG_UNIT_W = 19,
    MG_UNIT_VAR = 20,
    MG_UNIT_VA = 21,
    MG_UNIT_V = 22,
    MG_UNIT_A = 23,
    MG_UNIT_HZ = 24,
    MG_UNIT_DEGREE = 25, /* of an angle */
    MG_UNIT_OHM = 26,
    MG_UNIT_AH = 27,
    MG_UNIT_V2H = 28,
    MG_UNIT_A2H = 29,
    MG_UNIT_PER_WH = 30,   /* pulses per Wh */
    MG_UNIT_PER_VARH = 31, /* pulses per varh */
    /* heat, cooling */
    MG_UNIT_J = 48,
    MG_UNIT_J_PER_H = 49,
    MG_UNIT_CAL = 50,
    MG_UNIT_BTU = 51,
    MG_UNIT_BTU_PER_S = 52,
    MG_UNIT_BTU_PER_H = 53,
    MG_UNIT_THERM = 54,
    MG_UNIT_CELSIUS = 55,
    MG_UNIT_KELVIN = 56, /* a difference of temperatures */
    MG_UNIT_FAHRENHEIT = 57,
    MG_UNIT_J_PER_KG = 58,
    /* water, gas, air */
    MG_UNIT_M3 = 64,
    MG_UNIT_M3_NORM = 65, /* at base conditions */
    MG_UNIT_M3_PER_H = 66,
    MG_UNIT_M3_PER_MIN = 67,
    MG_UNIT_M3_PER_S = 68,
    MG_UNIT_M3_NORM_PER_H = 69,
    MG_UNIT_KG = 70,
    MG_UNIT_KG_PER_H = 71,
    MG_UNIT_KG_PER_S = 72,
    MG_UNIT_BAR = 73,
    MG_UNIT_ATM = 74,
    MG_UNIT_PSI = 75,
    MG_UNIT_FT3 = 76,
    MG_UNIT_FT3_PER_H = 77,
    MG_UNIT_US_GAL = 78,
    MG_UNIT_US_GAL_PER_S = 79,
    MG_UNIT_US_GAL_PER_MIN = 80,
    MG_UNIT_US_GAL_PER_H = 81,
    MG_UNIT_WH_PER_M3 = 82,
    MG_UNIT_J_PER_M3 = 83,
    MG_UNIT_KG_PER_M3 = 84,
    MG_UNIT_MOL_PERCENT = 85,
    MG_UNIT_PER_M3 = 86, /* pulses per m3 */
    /* time, radio, rooms */
    MG_UNIT_S = 96,
    MG_UNIT_MIN = 97,
    MG_UNIT_H = 98,
    MG_UNIT_D = 99,
    MG_UNIT_MONTH = 100,
    MG_UNIT_YEAR = 101,
    MG_UNIT_BAUD = 102,
    MG_UNIT_BIT_TIME = 103,
    MG_UNIT_DBM = 104,
    MG_UNIT_DB = 105,
    MG_UNIT_M = 106,
    MG_UNIT_M_PER_S = 107,
    MG_UNIT_LUX = 108
} MgUnit;

/* ---- media, functions, kinds, qualities */

/* EN 13757-3's numbers as on the wire; ours start at 256. What is not named here is reserved and kept as a number. */
typedef enum {
    MG_MEDIUM_OTHER = 0,
    MG_MEDIUM_OIL = 1,
    MG_MEDIUM_ELECTRICITY = 2,
    MG_MEDIUM_GAS = 3,
    MG_MEDIUM_HEAT = 4, /* measured at the outlet (return) */
    MG_MEDIUM_STEAM = 5,
    MG_MEDIUM_WARM_WATER = 6, /* 30 to 90 degrees Celsius */
    MG_MEDIUM_WATER = 7,
    MG_MEDIUM_HCA = 8, /* heat cost allocator */
    MG_MEDIUM_COMPRESSED_AIR = 9,
    MG_MEDIUM_COOLING = 10, /* measured at the outlet */
    MG_MEDIUM_COOLING_INLET = 11,
    MG_MEDIUM_HEAT_INLET = 12,
    MG_MEDIUM_HEAT_COOLING = 13,
    MG_MEDIUM_BUS = 14, /* bus or system component */
    MG_MEDIUM_UNKNOWN = 15,
    MG_MEDIUM_CALORIFIC = 20,
    MG_MEDIUM_HOT_WATER = 21, /* from 90 degrees Celsius on */
    MG_MEDIUM_COLD_WATER = 22,
    MG_MEDIUM_DUAL_WATER = 23, /* hot and cold, two registers */
    MG_MEDIUM_PRESSURE = 24,
    MG_MEDIUM_AD_CONVERTER = 25,
    MG_MEDIUM_SMOKE = 26,
    MG_MEDIUM_ROOM = 27, /* room sensor: temperature, humidity */
    MG_MEDIUM_GAS_DETECTOR = 28,
    MG_MEDIUM_BREAKER = 32, /* electricity */
    MG_MEDIUM_VALVE = 33,   /* gas or water */
    MG_MEDIUM_CUSTOMER_UNIT = 37,
    MG_MEDIUM_WASTE_WATER = 40,
    MG_MEDIUM_WASTE = 41,
    MG_MEDIUM_CO2 = 42,
    MG_MEDIUM_COMMUNICATION = 49, /* communication controller */
    MG_MEDIUM_REPEATER = 50,      /* unidirectional */
    MG_MEDIUM_REPEATER_BOTH = 51, /* bidirectional */
    MG_MEDIUM_RADIO_SYSTEM = 54,  /* radio converter, system side */
    MG_MEDIUM_RADIO_METER = 55,   /* radio converter, meter side */
    MG_MEDIUM_CHARGER = 256,
    MG_MEDIUM_INVERTER = 257,
    MG_MEDIUM_BATTERY = 258,
    MG_MEDIUM_IO = 259,
    MG_MEDIUM_GATEWAY = 260
} MgMedium;

/* What kind of value of its period a reading is: EN 13757-3's function field, and the average, which is a VIFE there.
 */
typedef enum {
    MG_FUNC_INSTANT = 0,
    MG_FUNC_MAX = 1,
    MG_FUNC_MIN = 2,
    MG_FUNC_ERROR = 3, /* the value during an error state */
    MG_FUNC_AVERAGE = 4
} MgFunc;

/* What can be done with the values of a point. */
typedef enum {
    MG_POINT_GAUGE = 1,   /* goes up and down: mean, lowest, highest */
    MG_POINT_COUNTER = 2, /* only goes up, until it wraps: differences are consumption */
    MG_POINT_STATE = 3,   /* one of some, or bits: when it changed */
    MG_POINT_TEXT = 4,    /* names the device or its settings */
    MG_POINT_TIME = 5
} MgPointKind;

/* What is to be known of a reading. The low half comes from the protocol (bits 12-15: the driver's own, told in its
 * README); the high half is set by the host only. */
typedef enum {
    MG_QUALITY_METER_ERROR = 1 << 0, /* the meter says that this value is wrong */
    MG_QUALITY_OVERFLOW = 1 << 1,    /* or underflow */
    MG_QUALITY_NO_DATA = 1 << 2,     /* the meter has no value for it now */
    MG_QUALITY_ESTIMATED = 1 << 3,
    MG_QUALITY_SUBSTITUTED = 1 << 4,
    MG_QUALITY_CLOCK_DOUBTFUL = 1 << 5, /* the time that belongs to it */
    MG_QUALITY_UNENCRYPTED = 1 << 6,    /* came in the clear though a key is known */
    MG_QUALITY_UNAUTHENTIC = 1 << 7,    /* nothing proves who sent it */
    MG_QUALITY_UNCHECKED = 1 << 8,      /* a check was left out on request */
    MG_QUALITY_COMPUTED = 1 << 16,
    MG_QUALITY_MANUAL = 1 << 17,     /* put in by a person */
    MG_QUALITY_RESET = 1 << 18,      /* the counter began again */
    MG_QUALITY_WRAPPED = 1 << 19,    /* the counter went round */
    MG_QUALITY_EXCHANGED = 1 << 20,  /* the first of another device */
    MG_QUALITY_HOST_CLOCK = 1 << 21, /* the gateway's clock was not set when it came */
    MG_QUALITY_UNFIT = 1 << 22,      /* bytes, see MG_VALUE_UNFIT */
    MG_QUALITY_STALE = 1 << 23       /* older than it should be */
} MgQuality;

/* With one of these a value must not be calculated with. */
#define MG_QUALITY_UNUSABLE (MG_QUALITY_METER_ERROR | MG_QUALITY_OVERFLOW | MG_QUALITY_NO_DATA | MG_QUALITY_UNFIT)

/* ---- what a reading means */

/* An OBIS code A-B:C.D.E*F (IEC 62056-61); the layout is frozen. `given` 0: none. A group of 255 is not given. */
typedef struct {
    guint8 given, a, b, c, d, e, f, reserved;
} MgObis;

/* An initialiser for an MgObis. */
/* clang-format off */
#define MG_OBIS(a, b, c, d, e, f) { 1, (a), (b), (c), (d), (e), (f), 0 }
/* clang-format on */

/* A name for a number; a list of them ends with a NULL nick. The layout is frozen. */
typedef struct {
    const char *nick; /* lower-case-with-dashes */
    gint64 value;
    const char *help; /* for people, or NULL */
} MgChoice;

/*
 * What a value means: what the protocol says and no more. A later version, or a person, may correct it without touching
 * history, because identity is the key alone. Made with MG_INIT; what is not given is 0 or NULL.
 */
typedef struct {
    gsize struct_size;
    const char *quantity; /* a dotted name of docs/names.tsv, general before special: "energy.active.import"; or NULL */
    const char *name;     /* for people, where the protocol has one; or NULL */
    guint32 kind;         /* MgPointKind */
    guint32 unit;         /* MgUnit */
    guint32 func;         /* MgFunc */
    guint32 medium;       /* MgMedium; 0: the device's */
    const char *unit_text;  /* MG_UNIT_OTHER, MG_UNIT_CURRENCY; else NULL */
    MgObis obis;            /* where the protocol says it */
    guint64 storage;        /* storage number, 0: now */
    guint32 tariff;         /* 0: all */
    guint32 subunit;        /* 0: the device itself */
    MgValue wrap;           /* a counter starts again here: 8 digits with e -3: MG_DECIMAL (1, 5). NONE: unknown */
    const MgChoice *states; /* MG_POINT_STATE: nicks for numbers, of a table that stays; or NULL */
    const guint8 *raw;      /* the record as received, for reports that show it: DIF..VIFE, then data; or NULL */
    guint32 raw_len;        /* bytes, the whole */
    guint32 raw_head_len;   /* bytes, DIF..VIFE only */
} MgMeaning;

/* What a device says of itself; what it does not say is 0 or NULL. Made with MG_INIT. */
typedef struct {
    gsize struct_size;
    const char *serial;       /* as on its face: "06855817" */
    const char *manufacturer; /* three letters in M-Bus: "KAM"; else its name */
    const char *model;
    const char *firmware;
    guint32 version; /* M-Bus: the generation of the meter */
    guint32 medium;  /* MgMedium */
} MgIdentity;

G_END_DECLS
