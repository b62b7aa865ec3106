#!/usr/bin/env perl
# A simulation that takes key=value, as many in Julia and C++ do. It knows nothing of gainsweep.
use strict;
use warnings;

my %p = (rate => 1, steps => 100, start => 1);
for my $word (@ARGV) {
    my ($key, $value) = split /=/, $word, 2;
    die "unknown option $key\n" unless exists $p{$key};
    $p{$key} = $value;
}
my $x = $p{start};
$x += $p{rate} * $x * (1 - $x) / $p{steps} for 1 .. $p{steps};
printf qq({"x": %.12g, "steps": %d}\n), $x, $p{steps};
