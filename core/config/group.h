/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group.h: one group on its way from texts to values; inside this room only. */
#pragma once

#include <config/config.h>

/* What a file says. */
typedef struct {
    char *key; /* as it is spelled there */
    char *text;
    const char *file; /* the configuration's */
    guint line;
    guint order; /* of reading, over all files */
} ConfigText;

/* One row of one of the group's tables. */
typedef struct {
    char *key; /* plain, or with its prefix where it must have it */
    const char *prefix;
    MgSetting setting;      /* with the plain key */
    const ConfigText *text; /* NULL: not given */
} ConfigSetting;

struct _ConfigTables {
    GPtrArray *prefixes; /* of char, the caller's */
    GArray *tables;      /* of MgTable */
};

struct _ConfigGroup {
    const ConfigKind *kind;
    char *name, *title; /* "rs485-1", "line rs485-1" */
    const char *file;   /* where it first appears; NULL: nowhere */
    guint line;
    GPtrArray *texts; /* of ConfigText, in order of first appearance */
    GHashTable *texts_by_key;
    GPtrArray *settings; /* of ConfigSetting, in the order of the tables */
    MgConfig *values;
    GPtrArray *parts;  /* of ConfigPart */
    gboolean left_out; /* by group_resolve (): its plugin can not be used */
};

typedef struct {
    const char *prefix;
    MgConfig *values;
} ConfigPart;

struct _Config {
    gint refs;
    ConfigKind *kinds;   /* a copy, which groups point to */
    GStringChunk *files; /* the paths that texts point to */
    GPtrArray *groups;   /* of ConfigGroup, in order of first appearance */
    GHashTable *by_title;
    GHashTable *by_kind; /* kind: GPtrArray of borrowed ConfigGroup */
};

/* Tells a problem of this group, at the place of `text`, or of the group. */
typedef void (*GroupProblem) (gpointer data, const ConfigGroup *group, const ConfigText *text, const char *key,
                              const char *message, gboolean fatal);

ConfigGroup *group_new (const ConfigKind *kind, const char *name, const char *file, guint line);
void group_free (ConfigGroup *group);
/* A later file wins. FALSE with the line of the first one: the same file says it already. */
gboolean group_set_text (ConfigGroup *group, const ConfigText *text, guint *first_line);
/* Chooses the tables, checks all texts and makes the values. FALSE: it told a fatal problem. */
gboolean group_resolve (ConfigGroup *group, GroupProblem problem, gpointer data);
/* An error that begins with one of the group's keys gets that key's place. */
void group_tell_error (const ConfigGroup *group, const GError *error, GroupProblem problem, gpointer data);
/* "key=value" of a setting as it stands in the file or in normal form, for comparing; secrets by reference; full */
char *group_setting_line (const ConfigGroup *group, const ConfigSetting *setting);
