# Ruby's net-ftp: net_ftp.rb download|session [use_pasv_ip|active|tls]
require "net/ftp"

what, mode = ARGV
name = ENV.fetch("PASVLAB_FILE")
ftp = Net::FTP.new(nil, ssl: mode == "tls" && { ca_file: ENV.fetch("PASVLAB_CERTIFICATE") })
ftp.use_pasv_ip = true if mode == "use_pasv_ip"
ftp.passive = false if mode == "active"
ftp.connect(ENV.fetch("PASVLAB_HOST"), ENV.fetch("PASVLAB_PORT").to_i)
ftp.login(ENV.fetch("PASVLAB_USER"), ENV.fetch("PASVLAB_PASSWORD"))
puts ftp.list if what == "session"
ftp.getbinaryfile(name, "part")
File.rename("part", "out")
ftp.putbinaryfile("out", "uploaded-#{name}") if what == "session"
ftp.quit
ftp.close
