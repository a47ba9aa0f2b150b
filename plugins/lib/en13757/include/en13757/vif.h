/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vif.h: what a VIF and its VIFEs mean: the tables of EN 13757-3 as data rows. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/**
 * EnAs: how the bytes of a record are read, where the VIF decides and not the data field alone.
 */
typedef enum {
    EN_AS_NUMBER = 0,   /* type B, A or H, as the data field says */
    EN_AS_UNSIGNED = 1, /* an integer is type C */
    EN_AS_BITS = 2,     /* an integer is type D, a bit field: all ones are a legal value */
    EN_AS_TIME = 3,     /* by its length: 2 bytes G, 3 J, 4 F, 6 I */
    EN_AS_BYTES = 4,    /* the bytes as they came: containers, profiles, types K, L and M */
    EN_AS_IDENTITY = 5, /* numbers are type C; 8 bytes, which are an address, stay bytes */
    EN_AS_FIRST = 6,    /* not a meaning: the next byte is of the table FB */
    EN_AS_SECOND = 7,   /* ... FD */
    EN_AS_THIRD = 8,    /* ... EF, reserved */
    EN_AS_PLAIN = 9,    /* plain text unit */
    EN_AS_MAKER = 10,   /* manufacturer specific */
    EN_AS_LEVEL2 = 11   /* ... FD FD */
} EnAs;

/**
 * EnVif: one row of a VIF table.
 *
 * A value of the record is number * 10^exponent in `unit`, which never has a prefix (kWh are Wh).
 */
typedef struct {
    const char *quantity;  /* a registered name; "other" for reserved codes */
    const char *name;      /* for people, where the quantity alone does not tell; or NULL */
    const char *unit_text; /* with MG_UNIT_OTHER */
    gint8 exponent;
    guint8 unit; /* MgUnit */
    guint8 key;  /* the code as it stands in keys: exponent and time-unit bits zeroed */
    guint8 as;   /* EnAs */
    guint8 kind; /* MgPointKind */
} EnVif;

/**
 * EnEffect: what a combinable VIFE does to the VIF before it (EN 13757-3, table of orthogonal VIFE).
 */
typedef enum {
    EN_EFFECT_LABEL = 0, /* says more about the value, changes neither unit nor number */
    EN_EFFECT_ERROR,     /* a record error: becomes quality, stands in no key */
    EN_EFFECT_SCALE,     /* multiplies with 10^exponent */
    EN_EFFECT_OFFSET,    /* 10^exponent is added, in the unit of the VIF */
    EN_EFFECT_PER,       /* the unit is divided by `text` */
    EN_EFFECT_TIMES,     /* the unit is multiplied with `text` */
    EN_EFFECT_DATE,      /* the data are a date of what the record says */
    EN_EFFECT_COUNT,     /* the data count something */
    EN_EFFECT_DURATION,  /* the data are a duration in `unit` */
    EN_EFFECT_BYTES,     /* the data have a structure of their own: profiles, OBIS declaration */
    EN_EFFECT_AVERAGE,   /* the value is an average */
    EN_EFFECT_FOREIGN,   /* unit of another table: number as it came, no unit */
    EN_EFFECT_UNSIGNED,  /* the data are type C */
    EN_EFFECT_BITS,      /* the data are type D */
    EN_EFFECT_EXTENDED,  /* FC: the next byte is of the extension table */
    EN_EFFECT_MAKER      /* FF: what follows is the manufacturer's */
} EnEffect;

/**
 * EnVife: one row of the table of combinable VIFEs.
 */
typedef struct {
    const char *text;     /* for people: "lower limit"; a unit for PER and TIMES; NULL: reserved */
    const char *quantity; /* what DATE, COUNT and DURATION make of it */
    guint32 quality;
    guint8 effect; /* EnEffect */
    gint8 exponent;
    guint8 unit; /* MgUnit: of a duration, or of the divisor */
    guint8 key;  /* the code as it stands in keys */
} EnVife;

/* Each table has a row for each of the 128 codes; the extension bit is no part of a code. */
extern const EnVif en_vif_primary[128];
extern const EnVif en_vif_first[128];  /* after FB */
extern const EnVif en_vif_second[128]; /* after FD */
extern const EnVif en_vif_level2[128]; /* after FD FD */
extern const EnVif en_vif_reserved;    /* what no table has */
extern const EnVife en_vife_combinable[128];
extern const EnVife en_vife_extended[128]; /* after FC among the VIFEs */

G_END_DECLS
