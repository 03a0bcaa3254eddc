/* What GLib's list of mounts asks libmount for, in a program that is linked statically: there are no mounts.
 *
 * Debian has no libmount.a. GMime needs GIO, GIO brings its list of mounts along, and nothing in tempfail asks for it;
 * whoever did would be told that there are none. The declarations are libmount's own, so that a change of one stops
 * the build. */
#include <libmount/libmount.h>

struct libmnt_table *mnt_new_table(void) { return NULL; }
void mnt_free_table(struct libmnt_table *table) { (void)table; }
int mnt_table_parse_mtab(struct libmnt_table *table, const char *path) { (void)table, (void)path; return -1; }
int mnt_table_parse_fstab(struct libmnt_table *table, const char *path) { (void)table, (void)path; return -1; }
int mnt_table_next_fs(struct libmnt_table *table, struct libmnt_iter *at, struct libmnt_fs **fs)
{
  (void)table, (void)at, (void)fs;
  return 1; /* the end of the list */
}

struct libmnt_iter *mnt_new_iter(int direction) { (void)direction; return NULL; }
void mnt_free_iter(struct libmnt_iter *at) { (void)at; }

const char *mnt_fs_get_fstype(struct libmnt_fs *fs) { (void)fs; return NULL; }
const char *mnt_fs_get_options(struct libmnt_fs *fs) { (void)fs; return NULL; }
const char *mnt_fs_get_root(struct libmnt_fs *fs) { (void)fs; return NULL; }
const char *mnt_fs_get_source(struct libmnt_fs *fs) { (void)fs; return NULL; }
const char *mnt_fs_get_target(struct libmnt_fs *fs) { (void)fs; return NULL; }
char *mnt_fs_strdup_options(struct libmnt_fs *fs) { (void)fs; return NULL; }

const struct libmnt_optmap *mnt_get_builtin_optmap(int id) { (void)id; return NULL; }
int mnt_optstr_get_flags(const char *options, unsigned long *flags, const struct libmnt_optmap *map)
{
  (void)options, (void)flags, (void)map;
  return 0;
}
const char *mnt_get_fstab_path(void) { return "/etc/fstab"; }
int mnt_has_regular_mtab(const char **path, int *writable)
{
  (void)path, (void)writable;
  return 0;
}
