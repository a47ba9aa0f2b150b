/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.h: drop-ins in, one checked and immutable configuration out.
 *
 * Folders are given lowest first (/usr/lib, /var/lib, /etc). All *.conf files are read in the order of their names whatever folder they
 * lie in; a file hides one of the same name in a lower folder, a link to /dev/null switches one off. Groups are `[kind name]`.
 * Main loop only; the result may be read from any thread.
 */
#pragma once

#include <journal/journal.h>
#include <host/mgh-config.h>

G_BEGIN_DECLS

typedef struct _Config Config;
typedef struct _ConfigGroup ConfigGroup;

/* How a kind of group is checked; handed in by main. `tables` gets the settings tables that hold for this group (the room's own and,
 * chosen by what the group says (driver=, format=, transport=), the plugins'). FALSE with an error: e.g. no such driver. */
typedef gboolean (*ConfigResolve) (gpointer data, const char *kind, const char *name, GHashTable *texts /* key: text */, GArray *tables /* of MgTable */, GError **error);
typedef struct {
    const char   *kind;      /* "line", "channel", "report", "gateway" */
    gboolean      named;     /* "[line rs485-1]" against "[gateway]" */
    const MgTable table;     /* the room's own settings of that kind */
    ConfigResolve resolve;   /* NULL: only `table` */
    gpointer      data;
    gboolean    (*check) (const Config *all, const ConfigGroup *group, GError **error); /* across groups: does that line exist? NULL: nothing */
} ConfigKind;

typedef struct { char *file; guint line; char *group, *key, *message; gboolean fatal; } ConfigProblem;

/* All problems, not just the first, go to `problems` (of ConfigProblem, may be NULL). NULL when one is fatal: the last good configuration keeps running. */
Config *config_load (const char *const *folders, const ConfigKind *kinds, guint n_kinds, GPtrArray *problems, GError **error); /* full */
Config *config_ref (Config *config);
void    config_unref (Config *config);
void    config_problem_free (ConfigProblem *problem);
char   *config_problem_text (const ConfigProblem *problem);        /* "80-site.conf:12: [line rs485-1] baud: ..." */

guint              config_get_groups (const Config *config, const char *kind, const ConfigGroup *const **groups); /* in order of first appearance */
const ConfigGroup *config_find (const Config *config, const char *kind, const char *name /* NULL for unnamed */);  /* NULL: none */
const char        *config_group_kind (const ConfigGroup *group);
const char        *config_group_name (const ConfigGroup *group);   /* "" for unnamed */
MgConfig          *config_group_values (const ConfigGroup *group); /* borrowed; take a reference to keep it */
/* where a key came from; FALSE: it has its default */
gboolean           config_group_origin (const ConfigGroup *group, const char *key, const char **file, guint *line);
const char        *config_group_file (const ConfigGroup *group, guint *line); /* where the group first appears */
/* groups that are in only one of the two, or differ */
GPtrArray         *config_differences (const Config *a, const Config *b); /* full; "kind name" texts */
/* the merged result with its origins, secrets masked; what `config show` prints */
char              *config_show (const Config *config, gboolean with_defaults);
/* the commented drop-in of one kind: every option shown commented, with type, default, range and help */
char              *config_drop_in (const char *kind, const char *name, const MgTable *tables, guint n_tables);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Config, config_unref)
G_END_DECLS
