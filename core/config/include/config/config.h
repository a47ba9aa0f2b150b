/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.h: drop-ins in, one checked and immutable configuration out.
 *
 * FILES. Folders are given lowest first (/usr/lib, /var/lib, /etc). All *.conf files are read in the order of their
 * names whatever folder they lie in, later wins; a file hides one of the same name in a lower folder, a link to
 * /dev/null switches one off. At most 1 MiB a file, 64 KiB a line, 10,000 groups in all.
 *
 * SYNTAX. `[kind name]` or `[kind]`, then `key=value`, UTF-8; remarks are lines that begin with #; blanks at both ends
 * of a value do not count; escapes and lists as mg-setting.h tells. Within one file a group or a key that stands twice
 * is refused.
 *
 * KEYS. A group takes the keys of all its tables: the room's own and the plugins'. Each table has a prefix. A key that
 * stands in several tables of one group must be spelled with it, `format.compress`, `transport.compress`; all others
 * may be.
 *
 * Main loop only; the result may be read from any thread.
 */
#pragma once

#include <journal/journal.h>
#include <host/mgh-config.h>

G_BEGIN_DECLS

typedef struct _Config Config;
typedef struct _ConfigGroup ConfigGroup;

/* The settings tables that hold for one group, in the making. */
typedef struct _ConfigTables ConfigTables;

/* Adds a plugin's table under "driver", "format", "transport" ...; the prefix and the table's items must stay, the
 * MgTable itself not. */
void config_tables_add (ConfigTables *tables, const char *prefix, const MgTable *table);

/* Chooses the plugins' tables by what the group says (driver=, format=, transport=); handed in by main. The room's own
 * table is there already, with the kind as its prefix. `texts` (key: text) holds what the files say, no defaults. When
 * a key that it needs is missing it may return TRUE: the room's own table tells that. What it refuses begins with the
 * key
 * ("driver: there is no driver acme: expected mbus, system"): then the problem gets that key's file and line.
 * MG_ERROR_UNSUPPORTED means that the plugin is there but can not be used (refused, switched off, crashed too often):
 * the group is left out with a problem that is not fatal, and the rest of the configuration holds. */
typedef gboolean (*ConfigResolve) (gpointer data, const char *kind, const char *name, GHashTable *texts,
                                   ConfigTables *tables, GError **error);

/* One kind of group. The array is copied; its texts, tables and data must stay as long as a configuration made with it.
 */
typedef struct {
    const char *kind;      /* "line", "channel", "report", "gateway" */
    gboolean named;        /* "[line rs485-1]" against "[gateway]" */
    const MgTable table;   /* the room's own settings of that kind */
    ConfigResolve resolve; /* NULL: only `table` */
    gpointer data;
    /* across groups: does that line exist? Asked once all groups are right by themselves; errors as for `resolve`;
     * NULL: nothing */
    gboolean (*check) (const Config *all, const ConfigGroup *group, GError **error);
} ConfigKind;

typedef struct {
    char *file;  /* the whole path; NULL: no file */
    guint line;  /* 0: the file as a whole */
    char *group; /* "line rs485-1", NULL: none */
    char *key;   /* NULL: none */
    char *message;
    gboolean fatal; /* FALSE: a warning, such as a deprecated key */
} ConfigProblem;

void config_problem_free (ConfigProblem *problem);
char *
config_problem_text (const ConfigProblem *problem); /* full; "/etc/.../80-site.conf:12: [line rs485-1] baud: ..." */

/* Reads the folders (NULL-ended). All problems, not just the first, are appended to `problems` (of ConfigProblem, may
 * be NULL). NULL when one is fatal, with MG_ERROR_CONFIG that tells the first: the last good configuration keeps
 * running. Blocks for reading the files. */
Config *config_load (const char *const *folders, const ConfigKind *kinds, guint n_kinds, GPtrArray *problems,
                     GError **error); /* full */

/* The same with one text in place of the folders: for a drop-in that is about to be written, and for tests. */
Config *config_load_text (const char *file, const char *text, gsize len, const ConfigKind *kinds, guint n_kinds,
                          GPtrArray *problems, GError **error); /* full */

Config *config_ref (Config *config); /* atomic */
void config_unref (Config *config);

/* Where all groups' secrets are read; to be called before the configuration is shared. `kind`, `name`, `key` tell whose
 * it is, `reference` is what the file says ("credential:NAME", "stored", "stored:NAME"). Any thread. */
typedef GBytes *(*ConfigSecret) (gpointer data, const char *kind, const char *name, const char *key,
                                 const char *reference, GError **error);
void config_set_secrets (Config *config, ConfigSecret func, gpointer data);

/* The groups of a kind, in order of first appearance. A kind without names that no file mentions is there with its
 * defaults, unless something of it is REQUIRED. */
guint config_get_groups (const Config *config, const char *kind, const ConfigGroup *const **groups);
const ConfigGroup *config_find (const Config *config, const char *kind,
                                const char *name /* NULL for unnamed */); /* NULL: none */

const char *config_group_kind (const ConfigGroup *group);
const char *config_group_name (const ConfigGroup *group); /* "" for unnamed */

/* All values of the group, borrowed; take a reference to keep it. A key that stands in several tables has its prefix in
 * front here. */
MgConfig *config_group_values (const ConfigGroup *group);

/* Only what the tables of one prefix have, with plain keys: what a plugin is given. NULL: no such prefix. */
MgConfig *config_group_values_of (const ConfigGroup *group, const char *prefix);

/* Where a key (spelled as in config_group_values ()) came from; FALSE: it has its default. */
gboolean config_group_origin (const ConfigGroup *group, const char *key, const char **file, guint *line);

/* Where the group first appears; NULL: in no file. `line` may be NULL. */
const char *config_group_file (const ConfigGroup *group, guint *line);

/* Groups that are in only one of the two, or differ in a value: "kind name" texts (full), each once. */
GPtrArray *config_differences (const Config *a, const Config *b);

/* The merged result with its origins, secrets masked; what `config show` prints (full). It reads back as a drop-in but
 * for secrets. */
char *config_show (const Config *config, gboolean with_defaults);

/* The commented drop-in of one kind (full): every option shown commented, with type, range, default and help. `name`
 * NULL: a kind without names. */
char *config_drop_in (const char *kind, const char *name, const MgTable *tables, guint n_tables);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Config, config_unref)
G_END_DECLS
